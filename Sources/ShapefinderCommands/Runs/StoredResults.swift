import WorkerProcess
import EvidenceStore
import Reporting
import Selection
import VisionTransformer

/// Stored results that filters let through, in order, read as they are asked for.
struct StoredResults {
  let store: EvidenceStore
  private let wanted: FilterOptions
  private let query: EvidenceQuery
  private let stop: WorkerStopSignal
  /// What the store's whole-numbered bounds cannot say exactly.
  private let rate: ClosedRange<Double>?

  /// Results of a run, or of every run.
  ///
  /// - Throws: `CommandError` for a key that stored results do not have.
  init(_ store: EvidenceStore, run: Int?, _ wanted: FilterOptions, stop: WorkerStopSignal) throws {
    self.stop = stop
    self.store = store
    self.wanted = wanted
    _ = try wanted.filter()
    var query = EvidenceQuery()
    query.run = run
    query.verdicts = wanted.verdicts.count == Verdict.allCases.count ? [] : wanted.verdicts
    for (quantity, least, most) in wanted.ends where least != nil || most != nil {
      guard let stored = quantity.stored else { continue }
      let isRate = quantity == .imagesPerSecond
      let lower = least.map { Self.whole($0, isRate ? .down : .up) } ?? 0
      let upper = most.map { Self.whole($0, isRate ? .up : .down) } ?? .max
      query.bounds[stored] = lower...max(lower, upper)
    }
    rate =
      wanted.minImagesPerSecond == nil && wanted.maxImagesPerSecond == nil
      ? nil : (wanted.minImagesPerSecond ?? 0)...(wanted.maxImagesPerSecond ?? .infinity)
    if let order = wanted.order {
      guard let stored = order.quantity.stored else {
        throw CommandError.usage(
          "--sort \(order.quantity.rawValue) is for estimates on the fly; stored results do not have it")
      }
      query.order = stored
      query.descending = order.isDescending
    }
    self.query = query
  }

  private static func whole(_ value: Double, _ rule: FloatingPointRoundingRule) -> Int {
    let rounded = value.rounded(rule)
    return rounded >= 0x1p62 ? 1 << 62 : max(0, Int(rounded))
  }

  /// How many results there are, `--limit` set aside.
  func count() throws -> Int {
    guard rate != nil else { return try store.count(query) }
    var count = 0
    try walk(limit: nil) { _ in count += 1 }
    return count
  }

  /// How many results have a verdict.
  func count(_ verdict: Verdict, run: Int) throws -> Int {
    var query = EvidenceQuery()
    query.run = run
    query.verdicts = [verdict]
    return try store.count(query)
  }

  /// Calls `body` with each result, at most `limit` of them.
  ///
  /// - Throws: `CommandError.interrupted` after a signal; `StoreError`; what `body` throws.
  func walk(limit: Int?, _ body: (StepResult) throws -> Void) throws {
    let cursor = try store.results(query)
    var taken = 0
    while taken < limit ?? .max, let result = try cursor.next() {
      if stop.isRequested() {
        throw CommandError.interrupted(kept: "after \(counted(taken, "result")); nothing was changed")
      }
      if let rate, !(result.imagesPerSecond.map { rate.contains($0) } ?? false) { continue }
      taken += 1
      try body(result)
    }
  }
}

extension EstimateQuantity {
  /// The same number of a stored result; nil where it has none.
  var stored: EvidenceQuery.Quantity? {
    switch self {
    case .imagesPerSecond: .imagesPerSecond
    case .stepSeconds: .stepSeconds
    case .total: .total
    case .livePeak: .livePeak
    case .headroom: nil
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
