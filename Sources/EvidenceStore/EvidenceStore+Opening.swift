import Foundation
import GRDB

extension EvidenceStore {
  /// How long a connection waits for another connection's lock, in seconds.
  static let busyTimeout = 10.0

  /// Opens the store at `path`, upgrading an older file if it is opened for writing.
  ///
  /// Nothing is written to a file that is not a store, or that is newer than this program.
  ///
  /// - Throws: `StoreError` for whatever else a path can hold: nothing, a directory, a file that is not a database,
  ///   another program's database, a newer or damaged store, a place that cannot be written or that other machines share.
  public static func open(path given: String, mode: Mode) throws(StoreError) -> EvidenceStore {
    try open(path: given, mode: mode, sharedAt: SharedFileSystem.name(at:))
  }

  /// - Parameter sharedAt: the name of the shared file system that a file or a folder is on; nil for a local one.
  static func open(
    path given: String, mode: Mode, sharedAt: (String) -> String?
  ) throws(StoreError) -> EvidenceStore {
    let path = try absolute(given)
    var directory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &directory)
    if directory.boolValue { throw .directory(path: path) }
    if !exists {
      if mode != .create { throw .missing(path: path) }
      try checkFolder(of: path)
    }
    if let name = sharedAt(exists ? path : folder(of: path)) {
      // What nobody has open for writing is read as it is, without locks.
      guard mode == .readOnly, !hasLog(path) else { throw .sharedFileSystem(path: path, name: name) }
      let reader = try StoreError.mapping(path) { try openAsItIs(path) }
      try inspect(reader, path: path, mode: mode)
      return EvidenceStore(path: path, reader: reader, writer: nil)
    }
    if mode == .readOnly {
      do {
        try inspect(path, mode: mode)
      } catch {
        // It may be half created: look again once its creator is done.
        let lock = CreationLock.exists(for: path) ? try CreationLock.take(for: path) : nil
        try inspect(path, mode: mode)
        _ = consume lock
      }
      let reader = try openForReading(path)
      return EvidenceStore(path: path, reader: reader, writer: nil)
    }
    let isCurrent = exists && (try? inspect(path, mode: .readOnly)) == StoreSchema.version
    // One process at a time creates or upgrades a store; the next finds it done. What looked wrong may have been half
    // created, and is checked again.
    let lock = isCurrent ? nil : try CreationLock.take(for: path)
    if !isCurrent, FileManager.default.fileExists(atPath: path) { try inspect(path, mode: mode) }
    // SQLite would silently open a write-protected file for reading.
    if exists, !FileManager.default.isWritableFile(atPath: path) { throw .notWritable(path: path) }
    let pool = try StoreError.mapping(path) {
      let pool = try DatabasePool(path: path, configuration: connection())
      if !isCurrent { try StoreSchema.migrator.migrate(pool) }
      return pool
    }
    _ = consume lock
    return EvidenceStore(path: path, reader: pool, writer: pool)
  }

  /// An in-memory store with the same schema and behaviour, which ends with its last copy; for tests and for results
  /// that are not to be kept.
  ///
  /// - Throws: `StoreError` if SQLite lacks a feature that the schema needs.
  public static func inMemory() throws(StoreError) -> EvidenceStore {
    try StoreError.mapping("in memory") {
      let queue = try DatabaseQueue(configuration: connection())
      try StoreSchema.migrator.migrate(queue)
      return EvidenceStore(path: "in memory", reader: queue, writer: queue)
    }
  }

  /// The settings of every connection.
  ///
  /// Source: https://sqlite.org/wal.html, https://sqlite.org/pragma.html.
  static func connection(readOnly: Bool = false) -> GRDB.Configuration {
    var configuration = GRDB.Configuration()
    configuration.readonly = readOnly
    configuration.busyMode = .timeout(busyTimeout)
    configuration.foreignKeysEnabled = true
    configuration.prepareDatabase { db in
      // Holds the upper pages of the indexes over millions of rows; the default of 2 MiB would write pages many times.
      try db.execute(sql: "PRAGMA cache_size = -\(cacheKibibytes)")
      if !db.configuration.readonly {
        // Affects only a new file. Fewer, larger pages make shallower trees.
        try db.execute(sql: "PRAGMA page_size = \(pageSize)")
        try db.execute(sql: "PRAGMA wal_autocheckpoint = \(checkpointPages)")
      }
    }
    return configuration
  }

  static let cacheKibibytes = 64 * 1024
  static let pageSize = 8192
  /// Pages of the write-ahead log (32 MiB) at which it is checkpointed: a page that many batches change is copied once,
  /// and the log stays small.
  static let checkpointPages = 4096

  /// The absolute path, so that SQLite does not interpret a relative `file:` or `:memory:`.
  private static func absolute(_ path: String) throws(StoreError) -> String {
    if path.isEmpty { throw .invalidPath(path: path, reason: "it is empty; give the path of a file") }
    if path.utf8.contains(0) { throw .invalidPath(path: path, reason: "it contains a NUL character") }
    if path.hasSuffix("/") { throw .directory(path: path) }
    return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  private static func folder(of path: String) -> String {
    let folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
    return folder.isEmpty ? "/" : String(folder)
  }

  private static func checkFolder(of path: String) throws(StoreError) {
    let folder = folder(of: path)
    var directory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &directory), directory.boolValue else {
      throw .cannotOpen(path: path, detail: "there is no folder \(folder)")
    }
    guard FileManager.default.isWritableFile(atPath: folder) else { throw .notWritable(path: path) }
  }

  /// Inspects a file through a read-only connection, before anything could change it, and returns its version.
  @discardableResult
  private static func inspect(_ path: String, mode: Mode) throws(StoreError) -> Int {
    guard FileManager.default.isReadableFile(atPath: path) else {
      throw .cannotOpen(path: path, detail: "no permission to read it")
    }
    let reader = try openForReading(path)
    defer { try? reader.close() }
    return try inspect(reader, path: path, mode: mode)
  }

  /// Checks whose file is behind a connection, and returns its version.
  @discardableResult
  private static func inspect(_ reader: any DatabaseReader, path: String, mode: Mode) throws(StoreError) -> Int {
    let (identifier, version, tables) = try StoreError.mapping(path) {
      try reader.read { db in
        (
          try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
          try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
          try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        )
      }
    }
    let isEmpty = identifier == 0 && version == 0 && tables == 0
    if isEmpty {
      // A process may have been killed between creating the file and filling it.
      if mode == .readOnly { throw .empty(path: path) }
      return 0
    }
    guard identifier == StoreSchema.applicationID else { throw .foreign(path: path, applicationID: identifier) }
    guard version <= StoreSchema.version else {
      throw .newer(path: path, found: version, supported: StoreSchema.version)
    }
    // An older file is read as it is: results and runs are in tables that every version has.
    return version
  }

  /// Whether a write-ahead log is pending beside a store.
  private static func hasLog(_ path: String) -> Bool {
    ((try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int) ?? 0) > 0
  }

  /// A read-only connection that works even if SQLite cannot create its shared-memory file beside the store.
  ///
  /// Source: https://sqlite.org/wal.html#read_only_databases.
  private static func openForReading(_ path: String) throws(StoreError) -> any DatabaseReader {
    try StoreError.mapping(path) {
      // If nobody can write there and no log is pending, the file is complete.
      if !hasLog(path), !FileManager.default.isWritableFile(atPath: folder(of: path)) { return try openAsItIs(path) }
      return try DatabasePool(path: path, configuration: connection(readOnly: true))
    }
  }

  /// A connection to a file that nobody changes: it takes no lock and creates nothing beside the file.
  ///
  /// Source: https://sqlite.org/uri.html#uriimmutable.
  private static func openAsItIs(_ path: String) throws -> DatabaseQueue {
    let allowed = CharacterSet.urlPathAllowed.subtracting(CharacterSet(charactersIn: "?#%"))
    let encoded = path.addingPercentEncoding(withAllowedCharacters: allowed) ?? path
    return try DatabaseQueue(path: "file://\(encoded)?immutable=1", configuration: connection(readOnly: true))
  }

  /// Reads from the store at `path` with `body` and leaves no trace: no file is created or left beside it.
  ///
  /// For look-ups of milliseconds. A store that no process has open has no write-ahead log, and is read as it is; if a
  /// log appears meanwhile, or the store was being created, `body` runs once more.
  ///
  /// - Returns: The result of `body`; nil if there is no store, or an empty one.
  /// - Throws: `StoreError` for a file that is not a store of this program, and errors from `body`.
  public static func glance<Value>(at given: String, _ body: (EvidenceStore) throws -> Value) throws -> Value? {
    let path = try absolute(given), files = FileManager.default, log = path + "-wal"
    guard files.fileExists(atPath: path) else { return nil }
    func look(_ reader: any DatabaseReader) throws -> Value? {
      defer { try? reader.close() }
      do throws(StoreError) { try inspect(reader, path: path, mode: .readOnly) } catch {
        if case .empty = error { return nil }
        throw error
      }
      return try body(EvidenceStore(path: path, reader: reader, writer: nil))
    }
    func attempt() throws -> Value? {
      if !files.fileExists(atPath: log) {
        let found = try look(StoreError.mapping(path) { try openAsItIs(path) })
        if !files.fileExists(atPath: log) { return found }
      }
      if hasLog(path), let name = SharedFileSystem.name(at: path) {
        throw StoreError.sharedFileSystem(path: path, name: name)
      }
      return try look(openForReading(path))
    }
    do {
      return try attempt()
    } catch is StoreError {
      // It may have been half created: look again once its creator is done.
      let lock = CreationLock.exists(for: path) ? try CreationLock.take(for: path) : nil
      let found = try attempt()
      _ = consume lock
      return found
    }
  }
}
