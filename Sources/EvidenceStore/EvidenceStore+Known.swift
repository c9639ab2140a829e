import Evidence
import GRDB
import VisionTransformer

extension EvidenceStore {
  /// The evidence of one kind about a configuration, newest first.
  ///
  /// - Throws: `StoreError`.
  public func evidence(
    _ kind: EvidenceKind, of configuration: VisionTransformer.Configuration
  ) throws(StoreError) -> [StepResult] {
    try read { db in
      guard let id = try EvidenceSQL.id(of: configuration, in: db) else { return [] }
      let statement = try RawStatement(
        db,
        """
        SELECT \(SelectStatement.keys), \(EvidenceSQL.values(in: db))
        FROM evidence AS e CROSS JOIN configuration AS c ON c.id = e.configuration_id
        CROSS JOIN provenance AS p ON p.id = e.provenance_id
        WHERE e.configuration_id = ? AND p.kind = ? ORDER BY e.run_id DESC, e.provenance_id DESC, e.revision DESC
        """)
      statement.bind(1, id)
      try statement.bind(2, kind.rawValue)
      return try results(statement, db)
    }
  }

  /// All evidence of one kind, oldest first. Fast if there is little of it, whatever the amount of other kinds: runs
  /// record which parts of the table hold it.
  ///
  /// - Throws: `StoreError`.
  public func evidence(_ kind: EvidenceKind) throws(StoreError) -> [StepResult] {
    try read { db in
      let statement = try RawStatement(
        db,
        """
        SELECT \(SelectStatement.keys), \(EvidenceSQL.values(in: db))
        FROM (
          SELECT DISTINCT first_configuration, last_configuration, provenance_id, revision FROM run_range
          WHERE provenance_id IN (SELECT id FROM provenance WHERE kind = ?)
        ) AS r
        CROSS JOIN evidence AS e ON e.configuration_id BETWEEN r.first_configuration AND r.last_configuration
          AND e.provenance_id = r.provenance_id AND e.revision = r.revision
        CROSS JOIN configuration AS c ON c.id = e.configuration_id
        GROUP BY e.configuration_id, e.provenance_id, e.revision
        ORDER BY e.run_id, e.provenance_id, e.revision
        """)
      try statement.bind(1, kind.rawValue)
      return try results(statement, db)
    }
  }

  private func results(_ statement: RawStatement, _ db: Database) throws -> [StepResult] {
    var decoder = ResultDecoder(path: path), results: [StepResult] = []
    try statement.forEachRow { results.append(try decoder.decode($0, db).result) }
    return results
  }

  /// The duration of a compile.
  public struct CompileTime: Sendable, Hashable {
    /// Unrolled encoder blocks; nil if they were in a loop.
    public var blocks: Int?
    /// Width of the blocks.
    public var width: Int
    /// The compile mode, which says how far it went.
    public var mode: CompileMode
    /// Its duration.
    public var seconds: Seconds
  }

  /// The last compiles of configurations that finished with an answer on this machine.
  ///
  /// - Throws: `StoreError`; also if the store's schema is older than compiles.
  public func compileTimes(most: Int = 20) throws(StoreError) -> [CompileTime] {
    try read { db in
      let statement = try RawStatement(
        db,
        """
        SELECT c.depth, s.layers, c.width, m.mode, m.seconds
        FROM compile AS m CROSS JOIN run AS r ON r.id = m.run_id CROSS JOIN configuration AS c ON c.id = m.configuration_id
        CROSS JOIN setting AS s ON s.id = c.setting_id
        WHERE m.seconds > 0 AND r.host = ? ORDER BY m.id DESC LIMIT ?
        """)
      try statement.bind(1, RunDescription.thisHost)
      statement.bind(2, most)
      var times: [CompileTime] = []
      try statement.forEachRow { row in
        guard let mode = CompileMode(rawValue: row.text(3)) else { return }
        times.append(
          CompileTime(
            blocks: row.text(1) == Layers.scanned.rawValue ? nil : row.integer(0), width: row.integer(2), mode: mode,
            seconds: Seconds(row.double(4))))
      }
      return times
    }
  }
}

extension EvidenceSQL {
  /// The number of a configuration; nil if it is not stored.
  static func id(of c: VisionTransformer.Configuration, in db: Database) throws -> Int? {
    try Int.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT c.id FROM setting AS s CROSS JOIN configuration AS c ON c.setting_id = s.id
          WHERE s.device = ? AND s.batch = ? AND s.image_size = ? AND s.head = ? AND s.classes = ? AND s.optimizer = ?
            AND s.precision = ? AND s.gradient_clipping = ? AND s.rematerialization = ? AND s.layers = ?
            AND s.data_parallel = ? AND ifnull(s.memory_limit, 0) = ifnull(?, 0)
            AND c.patch = ? AND c.heads = ? AND c.width = ? AND c.mlp_width = ? AND c.depth = ?
          """),
      arguments: [
        c.device, c.batch, c.imageSize, c.head.rawValue, c.classes, c.optimizer.rawValue, c.precision.rawValue,
        c.gradientClipping.rawValue, c.rematerialization.rawValue, c.layers.rawValue, c.dataParallel,
        c.memoryLimit?.count, c.shape.patch, c.shape.heads, c.shape.width, c.shape.mlpWidth, c.shape.depth,
      ])
  }
}
