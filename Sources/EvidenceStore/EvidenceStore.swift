import GRDB
import VisionTransformer

/// The SQLite store of configurations and of everything that was estimated, compiled or measured about them.
///
/// A store is a plain SQLite file in WAL mode that the `sqlite3` shell can read, with views for people. One process
/// writes at a time, and any number can read meanwhile. Methods are synchronous and may be called from any thread.
public struct EvidenceStore: Sendable {
  /// How a store is opened.
  public enum Mode: Sendable, Hashable, CaseIterable {
    /// An existing store, for reading; nothing is written, so that a read-only disk is enough.
    case readOnly
    /// An existing store, for reading and writing.
    case readWrite
    /// For reading and writing; creates the file if there is none.
    case create
  }

  /// The absolute path of the file, or `in memory`.
  public let path: String
  /// The connection for reads.
  let reader: any DatabaseReader
  /// The connection for writes; nil if the store was opened for reading only.
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

  /// Closes the file; later calls throw. The last writer to close it checkpoints the write-ahead log, so that a single
  /// file remains; a cursor that is still alive keeps the log beside it.
  ///
  /// - Throws: `StoreError`.
  public func close() throws(StoreError) {
    try StoreError.mapping(path) {
      // The last connection to close checkpoints the log, which a read-only one cannot.
      if writer != nil { (reader as? DatabasePool)?.invalidateReadOnlyConnections() }
      try reader.close()
    }
  }

  /// Problems that SQLite finds in the file; empty if it is sound. Reads the whole file.
  ///
  /// Source: https://sqlite.org/pragma.html#pragma_integrity_check.
  /// - Throws: `StoreError` if the file cannot be read at all.
  public func integrityProblems() throws(StoreError) -> [String] {
    try read { db in
      let problems = try String.fetchAll(db, sql: "PRAGMA integrity_check")
      let orphans = try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map { "foreign key: \($0)" }
      return (problems == ["ok"] ? [] : problems) + orphans
    }
  }

  /// Counts of a store's contents.
  public struct Summary: Sendable, Hashable {
    /// Distinct configurations.
    public var configurations: Int
    /// Rows of evidence by kind, without kinds that have none.
    public var evidence: [EvidenceKind: Int]
    /// Runs.
    public var runs: Int
    /// Size of the database.
    public var size: Bytes
  }

  /// Counts of the store's contents.
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
