import GRDB
import VisionTransformer

/// The SQLite store of everything that is known: configurations, and what was estimated, compiled or measured of them.
///
/// A store is a plain SQLite file in WAL mode that the `sqlite3` shell reads, with views for a person. One process
/// writes at a time, any number read beside it. Methods are synchronous and may be called from any thread.
public struct EvidenceStore: Sendable {
  /// How a store is opened.
  public enum Mode: Sendable, Hashable, CaseIterable {
    /// An existing store, for reading; nothing is written, so that a read-only disk is enough.
    case readOnly
    /// An existing store, for reading and writing.
    case readWrite
    /// For reading and writing; the file is created where there is none.
    case create
  }

  /// The absolute path of the file, or `in memory`.
  public let path: String
  /// Where reads go.
  let reader: any DatabaseReader
  /// Where writes go; nil where the store was opened for reading only.
  let writer: (any DatabaseWriter)?

  init(path: String, reader: any DatabaseReader, writer: (any DatabaseWriter)?) {
    self.path = path
    self.reader = reader
    self.writer = writer
  }

  /// The schema version that this program writes, the file's `user_version`.
  public static var schemaVersion: Int { StoreSchema.version }
  /// The `application_id` of every store: the bytes `Shpf`.
  public static var applicationID: Int32 { StoreSchema.applicationID }

  /// Closes the file; what is asked of the store afterwards throws. The last writer to close it folds the write-ahead log
  /// into the file, so that the one file is all there is; a cursor that is still alive keeps the log beside it.
  ///
  /// - Throws: `StoreError`.
  public func close() throws(StoreError) {
    try StoreError.mapping(path) {
      // The connection that closes last folds the log, and one that only reads cannot.
      if writer != nil { (reader as? DatabasePool)?.invalidateReadOnlyConnections() }
      try reader.close()
    }
  }

  /// What SQLite finds wrong with the file, empty where it is sound. Reads the whole file.
  ///
  /// Source: https://sqlite.org/pragma.html#pragma_integrity_check.
  /// - Throws: `StoreError` when the file cannot be read at all.
  public func integrityProblems() throws(StoreError) -> [String] {
    try read { db in
      let problems = try String.fetchAll(db, sql: "PRAGMA integrity_check")
      let orphans = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map { "foreign key: \($0)" }
      return (problems == ["ok"] ? [] : problems) + orphans
    }
  }

  /// How much a store holds.
  public struct Summary: Sendable, Hashable {
    /// Distinct configurations.
    public var configurations: Int
    /// Rows of evidence by kind; kinds without rows are left out.
    public var evidence: [EvidenceKind: Int]
    /// Runs.
    public var runs: Int
    /// Size of the database.
    public var size: Bytes
  }

  /// How much the store holds.
  ///
  /// - Throws: `StoreError`.
  public func summary() throws(StoreError) -> Summary {
    try read { db in
      func count(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
      var evidence: [EvidenceKind: Int] = [:]
      try RawStatement(
        db,
        """
        SELECT p.kind, sum(e.rows) FROM (SELECT provenance_id, count(*) AS rows FROM evidence GROUP BY 1) AS e
        JOIN provenance AS p ON p.id = e.provenance_id GROUP BY 1
        """
      ).forEachRow { row in
        if let kind = EvidenceKind(rawValue: row.text(0)) { evidence[kind] = row.integer(1) }
      }
      return Summary(
        configurations: try count("SELECT count(*) FROM configuration"), evidence: evidence,
        runs: try count("SELECT count(*) FROM run"),
        size: Bytes(try count("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")))
    }
  }

  func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
    try StoreError.mapping(path) { try reader.read(body) }
  }

  func write<Value>(unsavedRows: Int = 0, _ body: (Database) throws -> Value) throws(StoreError) -> Value {
    guard let writer else { throw .notWritable(path: path) }
    return try StoreError.mapping(path, unsavedRows: unsavedRows) { try writer.write(body) }
  }
}
