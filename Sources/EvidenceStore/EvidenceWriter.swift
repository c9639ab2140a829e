import Evidence
import GRDB
import VisionTransformer

/// Stores the results of one run in batches, each batch in one transaction.
///
/// Rows wait in memory and are committed every `batchRows` rows, or with the first row that comes half a second after
/// the last commit. So a slow producer's rows are committed one by one and a fast one's by the ten thousand, and the
/// file is locked only while a batch is written. Committed rows survive the process. Use it from one thread at a time,
/// and end with `flush()`, which `EvidenceStore.write(run:_:)` calls itself.
public final class EvidenceWriter {
  /// Rows of a full batch.
  public static let batchRows = 16_384
  /// The longest that a row waits, provided that another one comes.
  public static let interval = Duration.milliseconds(500)

  /// The run that the rows belong to.
  public let run: Int
  /// Counts of what was committed so far.
  public internal(set) var counts = RunCounts()

  let store: EvidenceStore
  var pending: ContiguousArray<EvidenceRow> = []
  var origins: [Origin] = []
  /// Row numbers that earlier batches found or inserted; cleared when a batch is rolled back.
  var known = KnownRows()
  private var originIndex: [Origin: Int] = [:]
  private var lastOrigin: Int?
  private var lastCommit: ContinuousClock.Instant?
  private let clock = ContinuousClock()

  init(store: EvidenceStore, run: Int) {
    self.store = store
    self.run = run
    pending.reserveCapacity(Self.batchRows)
  }

  /// What all rows of one origin share.
  struct Origin: Hashable {
    var kind: EvidenceKind
    /// Without its time, which each row has for itself.
    var provenance: Provenance

    /// Whether it is the origin of that evidence, ignoring the time.
    func describes(_ kind: EvidenceKind, _ other: Provenance) -> Bool {
      kind == self.kind && other.source == provenance.source && other.version == provenance.version
        && other.speaksFor == provenance.speaksFor && other.host == provenance.host
        && other.isDisturbed == provenance.isDisturbed && other.isOfMemoryOnly == provenance.isOfMemoryOnly
        && other.notes == provenance.notes
    }
  }

  /// Interns a provenance for rows that are appended by value. Its time is ignored, because each `EvidenceRow` has its
  /// own.
  public func origin(_ kind: EvidenceKind, _ provenance: Provenance) -> EvidenceOrigin {
    if let last = lastOrigin, origins[last].describes(kind, provenance) { return EvidenceOrigin(index: last) }
    var origin = Origin(kind: kind, provenance: provenance)
    origin.provenance.time = nil
    if let index = originIndex[origin] {
      lastOrigin = index
      return EvidenceOrigin(index: index)
    }
    lastOrigin = origins.count
    originIndex[origin] = origins.count
    origins.append(origin)
    return EvidenceOrigin(index: origins.count - 1)
  }

  /// Adds one row, and commits the batch if it is due.
  ///
  /// - Throws: `StoreError.invalidConfiguration` and `StoreError.invalidValue` for a row that cannot be stored, which
  ///   is dropped while all others are kept; and the errors of `flush()`.
  public func append(_ row: EvidenceRow) throws(StoreError) {
    try row.check()
    guard origins.indices.contains(row.origin.index) else {
      throw .invalidValue(key: "origin", value: "\(row.origin.index)", rule: "it must come from this writer")
    }
    pending.append(row)
    let now = clock.now
    if pending.count >= Self.batchRows || lastCommit.map({ now - $0 >= Self.interval }) ?? true { try flush() }
  }

  /// Adds one result, and commits the batch if it is due.
  ///
  /// - Throws: as the other `append`.
  public func append(_ result: StepResult, details: [EvidenceDetail] = []) throws(StoreError) {
    try append(
      EvidenceRow(
        configuration: result.configuration, origin: origin(result.evidence, result.provenance),
        verdict: result.verdict, parameterCount: result.parameterCount, memory: result.memory,
        flopsPerImage: result.flopsPerImage, stepSeconds: result.stepSeconds, time: result.provenance.time,
        details: details))
  }

  /// Number of rows that are not committed yet.
  public var pendingRows: Int { pending.count }

  /// Commits the waiting rows.
  ///
  /// - Throws: `StoreError`, such as `full` with the number of waiting rows; they stay in the writer, and a later
  ///   `flush()` stores them.
  public func flush() throws(StoreError) {
    guard !pending.isEmpty else { return }
    do {
      counts = try store.write(unsavedRows: pending.count) { db in
        var batch = try EvidenceBatch(db, run: run, origins: origins, known: known, counts: counts)
        // Row numbers that the batch makes exist only once it is committed.
        for row in pending { try batch.store(row) }
        try batch.finish()
        known = batch.known
        return batch.counts
      }
    } catch {
      known = KnownRows()
      throw error
    }
    pending.removeAll(keepingCapacity: true)
    lastCommit = clock.now
  }
}

extension EvidenceStore {
  /// A writer for that run's results; end it with `flush()`.
  ///
  /// - Throws: `StoreError.noSuchRun`; `StoreError.notWritable` if the store was opened for reading.
  public func writer(run id: Int) throws(StoreError) -> EvidenceWriter {
    if writer == nil { throw .notWritable(path: path) }
    return EvidenceWriter(store: self, run: try run(id).id)
  }

  /// Runs `body` with a writer and commits its last batch, even if `body` throws.
  ///
  /// - Throws: errors from `body`, otherwise `StoreError`.
  @discardableResult
  public func write<Value>(run id: Int, _ body: (EvidenceWriter) throws -> Value) throws -> (Value, RunCounts) {
    let writer = try writer(run: id)
    do {
      let value = try body(writer)
      try writer.flush()
      return (value, writer.counts)
    } catch {
      // The first error says more than one about the remaining rows.
      try? writer.flush()
      throw error
    }
  }
}
