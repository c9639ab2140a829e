import Evidence
import Foundation
import GRDB

/// Sweeps: grids that a service works through in the background.
extension EvidenceStore {
  /// Adds a sweep to the queue.
  ///
  /// - Throws: `StoreError`.
  public func addSweep(_ kind: SweepKind, words: [String], total: Int) throws(StoreError) -> Sweep {
    let created = Self.now()
    return try write { db in
      try db.execute(
        sql: "INSERT INTO sweep (kind, words, total, created) VALUES (?, ?, ?, ?)",
        arguments: [kind.rawValue, WireJSON.text(words), total, created])
      return Sweep(
        id: Int(db.lastInsertedRowID), kind: kind, words: words, total: total, done: 0, status: .queued, run: nil,
        created: created, started: nil, finished: nil, error: nil)
    }
  }

  /// Every sweep, newest first; empty for a store whose schema is older than sweeps.
  ///
  /// - Throws: `StoreError`.
  public func sweeps() throws(StoreError) -> [Sweep] { try sweeps("") }

  /// The sweeps that have not ended, oldest first.
  ///
  /// - Throws: `StoreError`.
  public func openSweeps() throws(StoreError) -> [Sweep] {
    try sweeps("WHERE status IN ('queued', 'running')").reversed()
  }

  /// The sweep with a given number; nil if there is none.
  ///
  /// - Throws: `StoreError`.
  public func sweep(_ id: Int) throws(StoreError) -> Sweep? { try sweeps("WHERE id = \(id)").first }

  private func sweeps(_ condition: String) throws(StoreError) -> [Sweep] {
    try read { db in
      guard try db.viewExists("sweeps") else { return [] }
      return try Self.sweeps(db, condition, path)
    }
  }

  private static func sweeps(_ db: Database, _ condition: String, _ path: String) throws -> [Sweep] {
    var sweeps: [Sweep] = []
    let statement = try RawStatement(
      db,
      "SELECT id, kind, words, total, done, status, run, created, started, finished, error FROM sweeps " + condition)
    try statement.forEachRow { row in
      guard let kind = SweepKind(rawValue: row.text(1)), let status = SweepStatus(rawValue: row.text(5)),
        let words = try? WireJSON.value([String].self, row.text(2).utf8)
      else { throw StoreError.unreadableRow(path: path, detail: "sweep \(row.integer(0))") }
      sweeps.append(
        Sweep(
          id: row.integer(0), kind: kind, words: words, total: row.integer(3), done: row.integer(4), status: status,
          run: row.integerIfKnown(6), created: row.text(7), started: row.textIfKnown(8),
          finished: row.textIfKnown(9), error: row.textIfKnown(10)))
    }
    return sweeps
  }

  /// Cancels a sweep that has not ended; a service that is running it stops.
  ///
  /// - Returns: the sweep as it was before; nil if there is none with that number.
  /// - Throws: `StoreError`.
  public func cancelSweep(_ id: Int) throws(StoreError) -> Sweep? {
    let path = path
    return try write { db in
      guard let sweep = try Self.sweeps(db, "WHERE id = \(id)", path).first else { return nil }
      if !sweep.status.isOver {
        try db.execute(
          sql: "UPDATE sweep SET status = 'cancelled', finished = ? WHERE id = ?", arguments: [Self.now(), id])
      }
      return sweep
    }
  }

  /// Requeues running sweeps; called by the one service that runs the sweeps of a store, before it starts.
  ///
  /// - Throws: `StoreError`.
  public func requeueSweeps() throws(StoreError) {
    try write { try $0.execute(sql: "UPDATE sweep SET status = 'queued' WHERE status = 'running'") }
  }

  /// Starts a queued sweep.
  ///
  /// - Returns: whether it was queued, and the number of the last run before it.
  /// - Throws: `StoreError`.
  public func beginSweep(_ id: Int) throws(StoreError) -> (isBegun: Bool, lastRun: Int) {
    try write { db in
      try db.execute(
        sql: "UPDATE sweep SET status = 'running', started = ? WHERE id = ? AND status = 'queued'",
        arguments: [Self.now(), id])
      let isBegun = db.changesCount == 1
      return (isBegun, try Int.fetchOne(db, sql: "SELECT max(id) FROM run") ?? 0)
    }
  }

  /// Records which run belongs to a sweep: the first one with that command line after run `last`, if there is one yet.
  ///
  /// - Returns: the run.
  /// - Throws: `StoreError`.
  public func findRun(ofSweep id: Int, command: String, after last: Int) throws(StoreError) -> Int? {
    let run = try read { db in
      try Int.fetchOne(
        db, sql: "SELECT min(id) FROM run WHERE id > ? AND command = ?", arguments: [last, command])
    }
    guard let run else { return nil }
    try write { try $0.execute(sql: "UPDATE sweep SET run_id = ? WHERE id = ?", arguments: [run, id]) }
    return run
  }

  /// Records how a running sweep ended, or that it is queued again; one that was cancelled meanwhile stays cancelled.
  ///
  /// - Throws: `StoreError`.
  public func endSweep(_ id: Int, _ status: SweepStatus, error: String? = nil) throws(StoreError) {
    let finished = status.isOver ? Self.now() : nil
    try write { db in
      try db.execute(
        sql: "UPDATE sweep SET status = ?, finished = ?, error = ? WHERE id = ? AND status = 'running'",
        arguments: [status.rawValue, finished, error, id])
    }
  }
}
