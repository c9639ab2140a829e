import GRDB
import GRDBSQLite

/// A prepared statement whose values are bound by position with one C call each.
///
/// GRDB's own arguments build an array of boxed values for each row, which costs more than SQLite's insert.
///
/// Source: https://sqlite.org/c3ref/bind_blob.html.
struct RawStatement {
  private let statement: Statement
  private let database: Database
  private let handle: OpaquePointer

  /// The statement of `sql`, prepared once for a connection.
  init(_ database: Database, _ sql: String) throws {
    self.init(try database.cachedStatement(sql: sql), database)
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  /// A prepared statement with its current bindings.
  init(_ statement: Statement, _ database: Database) {
    self.statement = statement
    self.database = database
    handle = statement.sqliteStatement
  }

  // Binding a number can fail only for an index out of range, and the indexes are written beside the SQL.
  func bind(_ index: Int32, _ value: Int) { sqlite3_bind_int64(handle, index, Int64(value)) }
  func bind(_ index: Int32, _ value: Double) { sqlite3_bind_double(handle, index, value) }
  func bindNull(_ index: Int32) { sqlite3_bind_null(handle, index) }

  func bind(_ index: Int32, _ value: Int?) {
    if let value { bind(index, value) } else { bindNull(index) }
  }
  func bind(_ index: Int32, _ value: Double?) {
    if let value { bind(index, value) } else { bindNull(index) }
  }

  func bind(_ index: Int32, _ value: String) throws {
    // SQLITE_TRANSIENT: SQLite copies the bytes, which live only as long as the closure.
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    var value = value
    let code = value.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        sqlite3_bind_text64(handle, index, $0.baseAddress, UInt64($0.count), transient, UInt8(SQLITE_UTF8))
      }
    }
    // An empty text may have no address, which SQLite would take as NULL.
    if value.isEmpty { sqlite3_bind_text(handle, index, "", 0, nil) }
    guard code == SQLITE_OK else { throw failure(code) }
  }

  func bind(_ index: Int32, _ value: String?) throws {
    if let value { try bind(index, value) } else { bindNull(index) }
  }

  /// Advances by one step: true for a row, false at the end.
  func step() throws -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code:
      let error = failure(code)
      sqlite3_reset(handle)
      throw error
    }
  }

  /// Resets it to be run again.
  func reset() { sqlite3_reset(handle) }

  /// Calls `body` on each row. Values are read leniently: in a damaged file they may have any type, on which GRDB's
  /// rows trap.
  func forEachRow(_ body: (RawStatement) throws -> Void) throws {
    defer { reset() }
    while try step() { try body(self) }
  }

  /// Runs a statement that returns no row.
  func run() throws {
    _ = try step()
    reset()
  }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
  func integer(_ column: Int32) -> Int { Int(sqlite3_column_int64(handle, column)) }
  func double(_ column: Int32) -> Double { sqlite3_column_double(handle, column) }
  func text(_ column: Int32) -> String {
    guard let bytes = sqlite3_column_text(handle, column) else { return "" }
    return String(
      decoding: UnsafeBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column))), as: UTF8.self)
  }
  func integerIfKnown(_ column: Int32) -> Int? { isNull(column) ? nil : integer(column) }
  func doubleIfKnown(_ column: Int32) -> Double? { isNull(column) ? nil : double(column) }
  func textIfKnown(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

  private func failure(_ code: Int32) -> DatabaseError {
    DatabaseError(resultCode: ResultCode(rawValue: code), message: database.lastErrorMessage)
  }
}
