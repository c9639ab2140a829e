import Evidence
import GRDB
import VisionTransformer

extension EvidenceStore {
  /// Stores a trial with its evidence and details in one transaction: all of it or nothing.
  ///
  /// - Returns: what it added to the run's counts; a failed trial adds no evidence.
  /// - Throws: `StoreError`.
  @discardableResult
  public func record(_ trial: TrialRecord, run id: Int) throws(StoreError) -> RunCounts {
    if writer == nil { throw .notWritable(path: path) }
    let run = try run(id).id
    var attempt = Attempt(kind: .measured, provenance: trial.provenance, configuration: trial.configuration)
    var failure: (reason: String, explanation: String)?, outcome: String
    switch trial.outcome {
    case .evidence(let result, let details):
      attempt.result = result
      attempt.details = details
      outcome = result.verdict == .doesNotFit ? "does-not-fit" : "completed"
    case .failed(let reason, let explanation):
      failure = (reason, explanation)
      outcome = "failed"
    }
    try attempt.check(time: trial.time)
    return try write(unsavedRows: 1) { [attempt, outcome, failure] db in
      let stored = try attempt.store(in: db, run: run)
      try db.cachedStatement(
        sql: """
          INSERT INTO trial (configuration_id, provenance_id, revision, run_id, outcome, reason, explanation, time, request)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        stored.configuration, stored.provenance, stored.revision, run, outcome, failure?.reason, failure?.explanation,
        trial.time, trial.request,
      ])
      return stored.counts
    }
  }

  /// What is known of a configuration as measured by `provenance`, ignoring its time and notes: evidence, otherwise the
  /// last failed trial; nil if it was never tried.
  ///
  /// - Throws: `StoreError`.
  public func known(
    _ configuration: VisionTransformer.Configuration, measuredBy provenance: Provenance
  ) throws(StoreError) -> KnownTrial? {
    let path = path
    return try read { db in
      guard let place = try EvidenceSQL.place(of: configuration, provenance, in: db) else { return nil }
      let evidence = try RawStatement(
        db,
        """
        SELECT \(SelectStatement.keys), \(EvidenceSQL.values(in: db))
        FROM evidence AS e CROSS JOIN configuration AS c ON c.id = e.configuration_id
        WHERE e.configuration_id = ? AND e.provenance_id = ? ORDER BY e.revision DESC LIMIT 1
        """)
      evidence.bind(1, place.configuration)
      evidence.bind(2, place.provenance)
      defer { evidence.reset() }
      if try evidence.step() {
        var decoder = ResultDecoder(path: path)
        return .evidence(try decoder.decode(evidence, db))
      }
      let trial = try RawStatement(
        db,
        """
        SELECT reason, explanation FROM trial WHERE configuration_id = ? AND provenance_id = ? AND outcome = 'failed'
        ORDER BY id DESC LIMIT 1
        """)
      trial.bind(1, place.configuration)
      trial.bind(2, place.provenance)
      defer { trial.reset() }
      return try trial.step() ? .failed(reason: trial.text(0), explanation: trial.text(1)) : nil
    }
  }

  /// The least time of a yardstick on the machine of `provenance`, in seconds, from trials with the same threads and
  /// library (of any version); nil if there are none.
  ///
  /// - Parameter name: the yardstick's name in a trial's report.
  /// - Throws: `StoreError`.
  public func bestYardstick(_ name: String, measuredBy provenance: Provenance) throws(StoreError) -> Seconds? {
    try read { db in
      try Double.fetchOne(
        db,
        sql: """
          SELECT min(d.content ->> '$.yardstick.best')
          FROM provenance AS p JOIN evidence_detail AS d ON d.provenance_id = p.id AND d.aspect = 'trial'
          WHERE p.kind = ? AND p.source = ? AND p.speaks_for IS ? AND p.host IS ? AND d.content ->> '$.yardstick.name' = ?
          """,
        arguments: [
          EvidenceKind.measured.rawValue, provenance.source, provenance.speaksFor, provenance.host, name,
        ]
      ).map { Seconds($0) }
    }
  }

  /// Counts of trials by outcome, for one run or for all.
  ///
  /// - Throws: `StoreError`.
  public func trialCounts(run: Int? = nil) throws(StoreError) -> [String: Int] {
    try read { db in
      let statement = try RawStatement(
        db, "SELECT outcome, count(*) FROM trial WHERE ifnull(?, run_id) = run_id GROUP BY 1")
      statement.bind(1, run)
      var counts: [String: Int] = [:]
      try statement.forEachRow { counts[$0.text(0)] = $0.integer(1) }
      return counts
    }
  }
}

extension EvidenceSQL {
  /// The numbers of a configuration and of a measurement's provenance; nil if one of them is not stored.
  fileprivate static func place(
    of c: VisionTransformer.Configuration, _ provenance: Provenance, in db: Database
  ) throws -> (configuration: Int, provenance: Int)? {
    let configuration = try EvidenceSQL.id(of: c, in: db)
    let origin = try Int.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT id FROM provenance
          WHERE kind = ? AND source = ? AND version = ? AND speaks_for IS ? AND host IS ?
          """),
      arguments: [
        EvidenceKind.measured.rawValue, provenance.source, provenance.version, provenance.speaksFor, provenance.host,
      ])
    guard let configuration, let origin else { return nil }
    return (configuration, origin)
  }
}
