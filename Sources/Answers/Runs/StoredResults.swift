import Evidence
import EvidenceStore
import Reporting
import Selection
import VisionTransformer
import WorkerProcess

/// Stored results that pass a filter, in order, read on demand.
package struct StoredResults {
  private let store: EvidenceStore
  private let query: EvidenceQuery
  private let stop: WorkerStopSignal
  /// A bound on the rate, which the store's integer bounds cannot express exactly.
  private let rate: ClosedRange<Double>?

  /// Results of one run, or of every run; the filter's limit is ignored.
  ///
  /// - Throws: `AnswerError` for a filter that cannot apply to estimates, and a host that the store does not know.
  package init(
    _ store: EvidenceStore, run: Int?, _ wanted: ResultFilter, about evidence: EvidenceFilter = .init(),
    stop: WorkerStopSignal
  ) throws(AnswerError) {
    self.stop = stop
    self.store = store
    _ = try wanted.ofEstimates()
    var query = EvidenceQuery(), rate: ClosedRange<Double>?
    query.run = run
    query.kinds = evidence.kinds
    query.devices = evidence.devices
    query.optimizers = evidence.optimizers
    query.shapes = evidence.shapes
    if let host = evidence.host { query.hosts = Set(try store.measuringHosts(named: host, run: run)) }
    query.verdicts = wanted.verdicts
    for (quantity, least, most) in wanted.ends {
      let stored = quantity.stored
      let isRate = quantity == .imagesPerSecond
      let lower = least.map { Self.whole($0, isRate ? .down : .up) } ?? 0
      let upper = most.map { Self.whole($0, isRate ? .up : .down) } ?? .max
      query.bounds[stored] = lower...max(lower, upper)
      if isRate { rate = (least ?? 0)...(most ?? .infinity) }
    }
    if let order = wanted.order {
      query.order = order.quantity.stored
      query.descending = order.isDescending
    }
    self.query = query
    self.rate = rate
  }

  private static func whole(_ value: Double, _ rule: FloatingPointRoundingRule) -> Int {
    let rounded = value.rounded(rule)
    return rounded >= 0x1p62 ? 1 << 62 : max(0, Int(rounded))
  }

  /// The number of results.
  package func count() throws -> Int {
    guard rate != nil else { return try store.count(query) }
    var count = 0
    try walk(limit: nil) { _ in count += 1 }
    return count
  }

  /// The number of results with a verdict.
  package func count(_ verdict: Verdict, run: Int) throws -> Int {
    var query = EvidenceQuery()
    query.run = run
    query.verdicts = [verdict]
    return try store.count(query)
  }

  /// The machines on which a run's results were measured.
  func hosts(run: Int) throws -> [MeasuringHost] { try store.measuringHosts(run: run) }

  /// Calls `body` with each result, up to `limit` of them.
  ///
  /// - Throws: `AnswerError` after a stop signal; `StoreError`; errors from `body`.
  package func walk(limit: Int?, _ body: (StepResult) throws -> Void) throws {
    try walk(query, limit: limit) { try body($0.result) }
  }

  /// At most `limit` results after a place, which is that of the previous page's last result; nil for the first page.
  ///
  /// - Returns: the results, and the place after which the next page begins; nil at the end.
  /// - Throws: as `walk`; `StoreError` for a place that does not belong to this store.
  package func page(after place: ResultPlace?, limit: Int) throws -> (results: [StepResult], next: ResultPlace?) {
    var query = query
    query.after = place
    var results: [StepResult] = [], last: ResultPlace?, hasMore = false
    try walk(query, limit: limit + 1) { found in
      guard results.count < limit else {
        hasMore = true
        return
      }
      results.append(found.result)
      last = found.place
    }
    return (results, hasMore ? last : nil)
  }

  private func walk(_ query: EvidenceQuery, limit: Int?, _ body: (StoredResult) throws -> Void) throws {
    let cursor = try store.results(query)
    var taken = 0
    while taken < limit ?? .max, let found = try cursor.nextStored() {
      let result = found.result
      if stop.isRequested() {
        throw AnswerError(
          .interrupted, "interrupted: after \(counted(taken, "result")); nothing was changed")
      }
      if let rate, !(result.imagesPerSecond.map { rate.contains($0) } ?? false) { continue }
      taken += 1
      try body(found)
    }
  }
}

extension EstimateQuantity {
  /// The corresponding number of a stored result.
  var stored: EvidenceQuery.Quantity {
    switch self {
    case .imagesPerSecond: .imagesPerSecond
    case .stepSeconds: .stepSeconds
    case .total: .total
    case .livePeak: .livePeak
    case .headroom: .headroom
    case .paddingWaste: .paddingWaste
    case .parameterCount: .parameterCount
    case .flopsPerImage: .flopsPerImage
    case .depth: .depth
    case .width: .width
    case .mlpWidth: .mlpWidth
    case .heads: .attentionHeads
    case .patch: .patch
    case .batch: .batch
    case .imageSize: .imageSize
    }
  }
}
