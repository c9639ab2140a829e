import GRDB
import VisionTransformer

extension EvidenceStore {
  /// Stores a compile with its evidence, in one transaction: all of it or nothing.
  ///
  /// - Returns: what it added to the run's counts; a compile that failed, and one of a program of one's own, adds no evidence.
  /// - Throws: `StoreError`.
  @discardableResult
  public func record(_ compile: CompileRecord, run id: Int) throws(StoreError) -> RunCounts {
    if writer == nil { throw .notWritable(path: path) }
    let run = try run(id).id
    var attempt = Attempt(kind: .compiled, provenance: compile.provenance, configuration: compile.configuration)
    var verdict: Verdict?, total: Bytes?, report: String?, seconds: Double?
    var failure: (reason: String, explanation: String)?
    switch compile.outcome {
    case .answer(let result, let answer, let bytes, let json, let time):
      (verdict, total, report, seconds) = (answer, bytes, json, time.value)
      attempt.result = result
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

  /// What is known of a compile: the newest answer that went as far as `mode`, or farther, else the last attempt that failed in
  /// `mode`; nil where nobody has tried.
  ///
  /// - Throws: `StoreError`.
  public func known(_ key: CompileKey, mode: CompileRecord.Mode) throws(StoreError) -> KnownCompile? {
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
        return .answer(report: row[0], mode: CompileRecord.Mode(rawValue: row[1]) ?? .full, time: row[2])
      }
      return try Row.fetchOne(
        db, sql: "SELECT reason, explanation \(sql) AND reason IS NOT NULL ORDER BY id DESC LIMIT 1",
        arguments: arguments
      ).map { .failed(reason: $0[0], explanation: $0[1]) }
    }
  }

  /// How many compiles of a run failed.
  ///
  /// - Throws: `StoreError`.
  public func failedCompiles(run: Int) throws(StoreError) -> Int {
    try read { db in
      try Int.fetchOne(
        db, sql: "SELECT count(*) FROM compile WHERE run_id = ? AND reason IS NOT NULL", arguments: [run]) ?? 0
    }
  }

  /// Of each configuration and compiler the answer that tells most: a full compile's before one that was stopped, the newest of
  /// those; in the order in which configurations were stored first.
  ///
  /// - Throws: `StoreError`.
  public func compiles() throws(StoreError) -> [StoredCompile] {
    let path = path
    return try read { db in
      let statement = try RawStatement(
        db,
        """
        SELECT \(SelectStatement.keys), \(EvidenceSQL.values)
        FROM evidence AS e CROSS JOIN configuration AS c ON c.id = e.configuration_id
        WHERE e.configuration_id = ? AND e.provenance_id = ? AND e.revision = ?
        """)
      var found: [StoredCompile] = []
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT configuration_id, provenance_id, revision, compiler, program_hash, mode, limit_bytes, report, time FROM (
            SELECT *, row_number() OVER (
              PARTITION BY configuration_id, compiler, options ORDER BY mode = 'full' DESC, id DESC) AS place
            FROM compile WHERE report IS NOT NULL AND configuration_id IS NOT NULL AND revision IS NOT NULL)
          WHERE place = 1 ORDER BY configuration_id
          """)
      for row in rows {
        statement.bind(1, row[0] as Int)
        statement.bind(2, row[1] as Int)
        statement.bind(3, row[2] as Int)
        defer { statement.reset() }
        guard try statement.step() else { continue }
        var decoder = ResultDecoder(path: path)
        found.append(
          StoredCompile(
            configuration: try decoder.decode(statement, db).result.configuration, compiler: row[3],
            programHash: row[4], mode: CompileRecord.Mode(rawValue: row[5]) ?? .full, limit: Bytes(row[6] as Int),
            report: row[7], time: row[8]))
      }
      return found
    }
  }
}
