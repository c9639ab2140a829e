import GRDB
import VisionTransformer

/// An error of a store, with what was given, what was expected, and what to do.
///
/// Source: SQLite result codes, https://sqlite.org/rescode.html.
public enum StoreError: Error, Sendable, Hashable {
  /// The path cannot name a file.
  case invalidPath(path: String, reason: String)
  /// There is no file at the path.
  case missing(path: String)
  /// The path names a directory.
  case directory(path: String)
  /// The file is not an SQLite database.
  case notADatabase(path: String)
  /// The file is an SQLite database that another program made.
  case foreign(path: String, applicationID: Int32)
  /// The file was written by a newer version of the program.
  case newer(path: String, found: Int, supported: Int)
  /// The file is empty and was opened for reading only.
  case empty(path: String)
  /// The file is truncated or corrupted.
  case damaged(path: String, detail: String)
  /// The file or its folder cannot be opened.
  case cannotOpen(path: String, detail: String)
  /// The file or its folder cannot be written.
  case notWritable(path: String)
  /// The disk is full; `unsavedRows` rows wait in the writer and are stored by its next `flush()`.
  case full(path: String, unsavedRows: Int)
  /// The disk has too little space left for a store that is to take in more.
  case noRoom(path: String, left: Bytes, least: Bytes)
  /// Another process kept the file locked.
  case busy(path: String)
  /// No run has this number.
  case noSuchRun(id: Int, known: ClosedRange<Int>?)
  /// A row whose configuration breaks a rule of the contract; it was not stored.
  case invalidConfiguration(ConfigurationError)
  /// A row with a value that cannot be stored; it was not stored.
  case invalidValue(key: String, value: String, rule: String)
  /// A row of the file that does not decode.
  case unreadableRow(path: String, detail: String)
  /// The file is on a file system that several machines share, whose locks SQLite cannot rely on.
  case sharedFileSystem(path: String, name: String)
  /// The disk failed.
  case diskFailed(path: String, detail: String)
  /// Any other failure of SQLite.
  case failure(path: String, detail: String)
}

extension StoreError: CustomStringConvertible {
  /// What was given, what was expected, and what to do, in one or two sentences.
  public var description: String {
    switch self {
    case .invalidPath(let path, let reason): "\"\(path)\" cannot be a store: \(reason)"
    case .missing(let path): "\(path): there is no such file; store results there first, or check the path"
    case .directory(let path): "\(path) is a directory; give the path of a file"
    case .notADatabase(let path): "\(path) is not an SQLite database; nothing was changed; give another path"
    case .foreign(let path, let id):
      "\(path) is the database of another program (application_id \(id), expected \(StoreSchema.applicationID)); "
        + "nothing was changed; give another path"
    case .newer(let path, let found, let supported):
      "\(path) has schema version \(found), this program knows versions to \(supported); "
        + "nothing was changed; use the newer program that wrote it"
    case .empty(let path):
      "\(path) is an empty file: nothing was stored in it yet; store results there first, or check the path"
    case .damaged(let path, let detail):
      "\(path) is truncated or corrupted (\(detail)); restore a copy, or save what is readable with "
        + "`sqlite3 FILE .recover`"
    case .cannotOpen(let path, let detail): "\(path) cannot be opened (\(detail)); check the folder and its permissions"
    case .notWritable(let path):
      "\(path) cannot be written; check the permissions of the file and of its folder, or give another path"
    case .full(let path, let unsaved):
      "the disk of \(path) is full; \(unsaved) results are not stored yet, everything before them is; free some space"
    case .noRoom(let path, let left, let least):
      "the disk of \(path) has \(left) left, which is too little to store anything: free some space, \(least) at least"
    case .busy(let path): "\(path) is locked by another process; wait for it, or stop it"
    case .noSuchRun(let id, let known?):
      "there is no run \(id); the store has runs \(known.lowerBound) to \(known.upperBound)"
    case .noSuchRun(let id, nil): "there is no run \(id); the store has no runs yet"
    case .invalidConfiguration(let error): "\(error)"
    case .invalidValue(let key, let value, let rule): "\(key): \(value) cannot be stored: \(rule)"
    case .unreadableRow(let path, let detail):
      "\(path) holds a row that does not decode (\(detail)); it was changed by hand or by a newer program"
    case .sharedFileSystem(let path, let name):
      "\(path) is on \(name), where a store would be damaged: its write-ahead log needs locks and memory that processes of "
        + "one machine share (https://sqlite.org/wal.html); give every task a file of its own with --shard or --output, and a "
        + "store on a local disk with --store"
    case .diskFailed(let path, let detail): "the disk of \(path) failed (\(detail)); what was stored before is kept"
    case .failure(let path, let detail): "\(path): \(detail)"
    }
  }
}

extension StoreError {
  /// The store's own error for whatever GRDB or SQLite threw.
  init(_ error: any Error, path: String, unsavedRows: Int = 0) {
    if let error = error as? StoreError {
      self = error
      return
    }
    guard let error = error as? DatabaseError else {
      self = .failure(path: path, detail: "\(error)")
      return
    }
    let detail = error.message ?? "\(error.extendedResultCode)"
    switch error.resultCode {
    case .SQLITE_NOTADB: self = .notADatabase(path: path)
    case .SQLITE_CORRUPT: self = .damaged(path: path, detail: detail)
    case .SQLITE_FULL: self = .full(path: path, unsavedRows: unsavedRows)
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
    case .SQLITE_READONLY, .SQLITE_PERM: self = .notWritable(path: path)
    case .SQLITE_CANTOPEN: self = .cannotOpen(path: path, detail: detail)
    case .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHORT_READ:
      self = .damaged(path: path, detail: detail)
    case .SQLITE_IOERR:
      self = .diskFailed(path: path, detail: "\(detail), SQLite result \(error.extendedResultCode.rawValue)")
    default: self = .failure(path: path, detail: "\(detail) (SQLite result \(error.extendedResultCode.rawValue))")
    }
  }

  /// Runs `body` and turns whatever it throws into a `StoreError` about `path`.
  static func mapping<Value>(
    _ path: String, unsavedRows: Int = 0, _ body: () throws -> Value
  ) throws(StoreError) -> Value {
    do { return try body() } catch { throw StoreError(error, path: path, unsavedRows: unsavedRows) }
  }
}
