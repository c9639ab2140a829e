import Evidence
import Foundation
import GRDB

extension RunDescription {
  /// The name of this machine.
  public static var thisHost: String { ProcessInfo.processInfo.hostName }

  /// A description of an invocation on this machine.
  public init(command: String, grid: String? = nil, modelVersion: String) {
    self.init(command: command, grid: grid, modelVersion: modelVersion, host: Self.thisHost)
  }
}

extension EvidenceStore {
  /// Starts a run and returns its number.
  ///
  /// Also marks runs of this machine as *interrupted* if their process is gone.
  ///
  /// - Throws: `StoreError`.
  public func beginRun(_ description: RunDescription) throws(StoreError) -> Int {
    let process = ProcessInfo.processInfo.processIdentifier
    return try write { db in
      let running = try RawStatement(
        db, "SELECT id, process FROM run WHERE status = 'running' AND host = ? AND process IS NOT NULL")
      try running.bind(1, description.host)
      var abandoned: [Int] = []
      try running.forEachRow { row in
        if row.integer(1) != Int(process), Self.isGone(process: row.integer(1)) { abandoned.append(row.integer(0)) }
      }
      for id in abandoned {
        try db.execute(sql: "UPDATE run SET status = 'interrupted', process = NULL WHERE id = ?", arguments: [id])
      }
      try db.execute(
        sql: """
          INSERT INTO run (command, grid, model_version, host, process, started) VALUES (?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          description.command, description.grid, description.modelVersion, description.host, process, Self.now(),
        ])
      return Int(db.lastInsertedRowID)
    }
  }

  /// Ends a run.
  ///
  /// - Throws: `StoreError.noSuchRun`, and the errors of a write.
  public func finishRun(_ id: Int, status: RunStatus = .finished) throws(StoreError) {
    try write { db in
      try db.execute(
        sql: "UPDATE run SET status = ?, finished = ?, process = NULL WHERE id = ?",
        arguments: [status.rawValue, Self.now(), id])
      if db.changesCount == 0 { throw StoreError.noSuchRun(id: id, known: try Self.knownRuns(db)) }
    }
  }

  private static func isGone(process: Int) -> Bool {
    guard let owner = pid_t(exactly: process), owner > 0 else { return false }
    return kill(owner, 0) != 0 && errno == ESRCH
  }

  /// Every run, oldest first. Runs of this machine whose process is gone are *interrupted*, even if the file does not
  /// say so yet.
  ///
  /// - Throws: `StoreError`.
  public func runs() throws(StoreError) -> [Run] {
    try read { db in
      var runs: [Run] = []
      try RawStatement(db, Self.runColumns + " ORDER BY id").forEachRow { runs.append(try self.run($0)) }
      return runs
    }
  }

  /// The run with a given number.
  ///
  /// - Throws: `StoreError.noSuchRun` with the existing runs.
  public func run(_ id: Int) throws(StoreError) -> Run {
    try read { db in
      let statement = try RawStatement(db, Self.runColumns + " WHERE id = ?")
      statement.bind(1, id)
      var found: Run?
      try statement.forEachRow { found = try self.run($0) }
      guard let found else { throw StoreError.noSuchRun(id: id, known: try Self.knownRuns(db)) }
      return found
    }
  }

  private static let runColumns = """
    SELECT id, command, grid, model_version, host, started, finished, status, new_rows, confirmed_rows, revised_rows,
      process
    FROM run
    """

  private func run(_ row: RawStatement) throws -> Run {
    let word = row.text(7)
    guard var status = RunStatus(rawValue: word) else {
      throw StoreError.unreadableRow(path: path, detail: "run status \"\(word)\"")
    }
    if status == .running, row.text(4) == RunDescription.thisHost, let process = row.integerIfKnown(11),
      Self.isGone(process: process)
    {
      status = .interrupted
    }
    return Run(
      id: row.integer(0),
      description: RunDescription(
        command: row.text(1), grid: row.textIfKnown(2), modelVersion: row.text(3), host: row.text(4)),
      started: row.text(5), finished: row.textIfKnown(6), status: status,
      counts: RunCounts(new: row.integer(8), confirmed: row.integer(9), revised: row.integer(10)))
  }

  private static func knownRuns(_ db: Database) throws -> ClosedRange<Int>? {
    guard let first = try Int.fetchOne(db, sql: "SELECT min(id) FROM run"),
      let last = try Int.fetchOne(db, sql: "SELECT max(id) FROM run")
    else { return nil }
    return first...max(first, last)
  }

  /// The current time, ISO 8601 in UTC to the second.
  static func now() -> String { Date.now.formatted(.iso8601) }
}
