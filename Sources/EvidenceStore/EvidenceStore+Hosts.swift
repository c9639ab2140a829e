import Evidence
import GRDB
import VisionTransformer

extension EvidenceStore {
  /// The machines on which steps were measured, in the order of storing. Fast however much other evidence there is: runs
  /// record which provenances they stored.
  ///
  /// - Parameter run: only those of what this run stored or confirmed; nil for all.
  /// - Throws: `StoreError`.
  public func measuringHosts(run: Int? = nil) throws(StoreError) -> [MeasuringHost] {
    try read { db in
      let statement = try RawStatement(
        db,
        """
        SELECT p.host, p.speaks_for FROM provenance AS p
        WHERE p.kind = ? AND p.id IN (SELECT provenance_id FROM run_range WHERE ifnull(run_id = ?, TRUE))
        GROUP BY p.host, p.speaks_for ORDER BY min(p.id)
        """)
      try statement.bind(1, EvidenceKind.measured.rawValue)
      statement.bind(2, run)
      var hosts: [MeasuringHost] = []
      try statement.forEachRow { hosts.append(MeasuringHost(name: $0.textIfKnown(0), speaksFor: $0.textIfKnown(1))) }
      return hosts
    }
  }
}
