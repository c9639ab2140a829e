import Evidence
import GRDB
import VisionTransformer

/// One attempt to learn something of a configuration: the evidence that came of it, or the rows that a failure is filed under.
struct Attempt {
  /// How it would be known.
  let kind: EvidenceKind
  /// Where it comes from; its time, notes and doubts are the result's.
  let provenance: Provenance
  /// What was asked; nil where it is about something else, and nothing is filed.
  let configuration: VisionTransformer.Configuration?
  /// The evidence; nil where there is none.
  var result: StepResult?
  private var row: EvidenceRow?

  init(kind: EvidenceKind, provenance: Provenance, configuration: VisionTransformer.Configuration?) {
    self.kind = kind
    self.provenance = provenance
    self.configuration = configuration
  }

  /// Where it was filed.
  struct Stored {
    var configuration: Int?
    var provenance: Int?
    /// Of the evidence; nil where there is none.
    var revision: Int?
    var counts = RunCounts()
  }

  private static let onlyOrigin = EvidenceOrigin(index: 0)

  /// Checks everything that the tables require, before anything is written.
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

  /// Further facts of the evidence.
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
