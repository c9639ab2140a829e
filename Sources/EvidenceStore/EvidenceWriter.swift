import Evidence
import GRDB
import VisionTransformer

/// Stores the results of one run in batches, each batch in one transaction.
///
/// Rows wait in memory and are committed every `batchRows` rows, or with the first row that comes half a second after
/// the last commit: a slow producer's rows are committed one by one, a fast one's by tens of thousands, and the file is
/// locked only while a batch is written. What is committed survives the process. Use it from one thread at a time, and
/// end with `flush()`; `EvidenceStore.write(run:_:)` does so by itself.
public final class EvidenceWriter {
  /// Rows of a full batch.
  public static let batchRows = 16_384
  /// The longest that a row waits for the next one, once that comes.
  public static let interval = Duration.milliseconds(500)

  /// The run that the rows belong to.
  public let run: Int
  /// What was committed so far.
  public internal(set) var counts = RunCounts()

  let store: EvidenceStore
  var pending: ContiguousArray<EvidenceRow> = []
  var origins: [Origin] = []
  /// Row numbers that earlier batches found or made; forgotten when a batch is rolled back.
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

  /// What all rows of one origin have in common.
  struct Origin: Hashable {
    var kind: EvidenceKind
    /// Without its time, which belongs to each row.
    var provenance: Provenance

    /// Whether it is the origin of that evidence, whenever that was made.
    func describes(_ kind: EvidenceKind, _ other: Provenance) -> Bool {
      kind == self.kind && other.source == provenance.source && other.version == provenance.version
        && other.speaksFor == provenance.speaksFor && other.host == provenance.host
        && other.isDisturbed == provenance.isDisturbed && other.isOfMemoryOnly == provenance.isOfMemoryOnly
        && other.notes == provenance.notes
    }
  }

  /// Interns a provenance for rows that are appended by value. Its time is ignored: `EvidenceRow` has its own.
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

  /// Takes one row, and commits the batch when it is due.
  ///
  /// - Throws: `StoreError.invalidConfiguration` and `StoreError.invalidValue` for a row that cannot be stored, which is
  ///   left out while all others stay; and what `flush()` throws.
  public func append(_ row: EvidenceRow) throws(StoreError) {
    try row.check()
    guard origins.indices.contains(row.origin.index) else {
      throw .invalidValue(key: "origin", value: "\(row.origin.index)", rule: "it must come from this writer")
    }
    pending.append(row)
    let now = clock.now
    if pending.count >= Self.batchRows || lastCommit.map({ now - $0 >= Self.interval }) ?? true { try flush() }
  }

  /// Takes one result, and commits the batch when it is due.
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

  /// Rows that are not committed yet.
  public var pendingRows: Int { pending.count }

  /// Commits the rows that wait.
  ///
  /// - Throws: `StoreError`, such as `full` with the number of rows that wait; they stay in the writer, and a later
  ///   `flush()` stores them.
  public func flush() throws(StoreError) {
    guard !pending.isEmpty else { return }
    do {
      counts = try store.write(unsavedRows: pending.count) { db in
        var batch = try EvidenceBatch(db, run: run, origins: origins, known: known, counts: counts)
        // The rows that the batch makes exist only once it is committed.
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
  /// A writer of that run's results; end it with `flush()`.
  ///
  /// - Throws: `StoreError.noSuchRun`; `StoreError.notWritable` where the store was opened for reading.
  public func writer(run id: Int) throws(StoreError) -> EvidenceWriter {
    if writer == nil { throw .notWritable(path: path) }
    return EvidenceWriter(store: self, run: try run(id).id)
  }

  /// Runs `body` with a writer and commits its last batch, also when `body` throws.
  ///
  /// - Throws: what `body` throws, else `StoreError`.
  @discardableResult
  public func write<Value>(run id: Int, _ body: (EvidenceWriter) throws -> Value) throws -> (Value, RunCounts) {
    let writer = try writer(run: id)
    do {
      let value = try body(writer)
      try writer.flush()
      return (value, writer.counts)
    } catch {
      // The first error tells more than one about the rows left over.
      try? writer.flush()
      throw error
    }
  }
}
