import Evidence
import GRDB
import VisionTransformer

extension EvidenceStore {
  /// Stores a compile with its evidence in one transaction: all of it or nothing.
  ///
  /// - Returns: what it added to the run's counts; a failed compile, or one of a user's own program, adds no evidence.
  /// - Throws: `StoreError`.
  @discardableResult
  public func record(_ compile: CompileRecord, run id: Int) throws(StoreError) -> RunCounts {
    if writer == nil { throw .notWritable(path: path) }
    let run = try run(id).id
    var attempt = Attempt(kind: .compiled, provenance: compile.provenance, configuration: compile.configuration)
    var verdict: Verdict?, total: Bytes?, report: String?, seconds: Double?
    var failure: (reason: String, explanation: String)?
    switch compile.outcome {
    case .answer(let evidence):
      (verdict, total) = (evidence.verdict, evidence.memory.total)
      (report, seconds) = (evidence.report.json, evidence.report.seconds.value)
      attempt.result = evidence.result
    case .failed(let reason, let explanation): failure = (reason, explanation)
    }
    try attempt.check(time: compile.time)
    return try write(unsavedRows: 1) { db in
      let stored = try attempt.store(in: db, run: run)
      try db.cachedStatement(
        sql: """
          INSERT INTO compile (program_hash, program_bytes, program_name, compiler, device, topology, options, mode,
            limit_bytes, verdict, configuration_id, provenance_id, revision, run_id, reason, explanation, time, seconds,
            report, total_bytes)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        compile.key.programHash, compile.programSize.count, compile.programName, compile.key.compiler, compile.device,
        compile.key.topology, compile.key.options, compile.mode.rawValue, compile.limit.count, verdict?.rawValue,
        stored.configuration, stored.provenance, stored.revision, run, failure?.reason, failure?.explanation,
        compile.time, seconds, report, total?.count,
      ])
      return stored.counts
    }
  }

  /// What is known of a compile: the newest answer that went at least as far as `mode`, otherwise the last failed
  /// attempt in `mode`; nil if it was never tried.
  ///
  /// - Throws: `StoreError`.
  public func known(_ key: CompileKey, mode: CompileMode) throws(StoreError) -> KnownCompile? {
    try read { db in
      let sql = """
        FROM compile WHERE program_hash = ? AND compiler = ? AND topology = ? AND options = ?
          AND (mode = 'full' OR mode = ?)
        """
      let arguments: StatementArguments = [key.programHash, key.compiler, key.topology, key.options, mode.rawValue]
      if let row = try Row.fetchOne(
        db,
        sql: "SELECT report, mode, time \(sql) AND report IS NOT NULL ORDER BY mode = 'full' DESC, id DESC LIMIT 1",
        arguments: arguments)
      {
        return .answer(report: row[0], mode: CompileMode(rawValue: row[1]) ?? .full, time: row[2])
      }
      return try Row.fetchOne(
        db, sql: "SELECT reason, explanation \(sql) AND reason IS NOT NULL ORDER BY id DESC LIMIT 1",
        arguments: arguments
      ).map { .failed(reason: $0[0], explanation: $0[1]) }
    }
  }

  /// The number of a run's compiles that failed.
  ///
  /// - Throws: `StoreError`.
  public func failedCompiles(run: Int) throws(StoreError) -> Int {
    try read { db in
      try Int.fetchOne(
        db, sql: "SELECT count(*) FROM compile WHERE run_id = ? AND reason IS NOT NULL", arguments: [run]) ?? 0
    }
  }
}
