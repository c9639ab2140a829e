import Evidence
import GRDB
import VisionTransformer

/// One attempt to learn something about a configuration: the resulting evidence, or the rows that a failure is filed
/// under.
struct Attempt {
  /// The kind of evidence that it would be.
  let kind: EvidenceKind
  /// The origin; its time, notes and doubts are the result's.
  let provenance: Provenance
  /// The configuration; nil if the attempt is about something else, so that nothing is filed.
  let configuration: VisionTransformer.Configuration?
  /// The evidence; nil if there is none.
  var result: StepResult?
  private var row: EvidenceRow?

  init(kind: EvidenceKind, provenance: Provenance, configuration: VisionTransformer.Configuration?) {
    self.kind = kind
    self.provenance = provenance
    self.configuration = configuration
  }

  /// The rows that it was filed under.
  struct Stored {
    var configuration: Int?
    var provenance: Int?
    /// The evidence's revision; nil if there is no evidence.
    var revision: Int?
    var counts = RunCounts()
  }

  private static let onlyOrigin = EvidenceOrigin(index: 0)

  /// Checks every requirement of the tables before anything is written.
  ///
  /// - Throws: `StoreError.invalidConfiguration`, `StoreError.invalidValue`.
  mutating func check(time: String) throws(StoreError) {
    guard let configuration else { return }
    guard let result else {
      do { try configuration.validated() } catch { throw .invalidConfiguration(error) }
      return
    }
    row = EvidenceRow(
      configuration: configuration, origin: Self.onlyOrigin, verdict: result.verdict,
      parameterCount: result.parameterCount, memory: result.memory, flopsPerImage: result.flopsPerImage,
      stepSeconds: result.stepSeconds, time: time, details: details)
    try row?.check()
  }

  /// Additional facts about the evidence.
  var details: [EvidenceDetail] = []

  /// Stores the evidence, or makes the rows that a failure is filed under.
  func store(in db: Database, run: Int) throws -> Stored {
    guard let configuration else { return Stored() }
    var provenance = provenance
    provenance.time = nil
    if let said = result?.provenance {
      (provenance.isDisturbed, provenance.isOfMemoryOnly) = (said.isDisturbed, said.isOfMemoryOnly)
      provenance.notes = said.notes
    }
    var batch = try EvidenceBatch(
      db, run: run, origins: [EvidenceWriter.Origin(kind: kind, provenance: provenance)], known: KnownRows(),
      counts: RunCounts())
    var stored = Stored()
    if let row {
      let id = try batch.store(row)
      (stored.configuration, stored.provenance, stored.revision) = (id.configuration, id.provenance, id.revision)
    } else {
      stored.configuration = try batch.place(of: configuration).id
      stored.provenance = try batch.place(of: Self.onlyOrigin).provenance
    }
    try batch.finish()
    stored.counts = batch.counts
    return stored
  }
}
