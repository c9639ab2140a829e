/// The sizes of one quantity's errors over some rows of evidence.
public struct ErrorSummary: Sendable, Hashable {
  /// Rows.
  public var count: Int
  /// The median magnitude; for an even number of rows, the mean of the middle two.
  public var median: Double
  /// The 90th percentile: nine rows in ten are off by at most this.
  public var ninetieth: Double
  /// The largest magnitude.
  public var largest: Double
  /// The median of the errors with their signs: positive where the model says too much.
  public var bias: Double

  /// A summary of relative errors; nil if there are none.
  public init?(_ errors: some Sequence<Double>) {
    let signed = errors.sorted(), sorted = signed.map(\.magnitude).sorted()
    guard let last = sorted.last else { return nil }
    count = sorted.count
    median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    bias = (signed[(count - 1) / 2] + signed[count / 2]) / 2
    ninetieth = sorted[min(count - 1, (count * 9 + 9) / 10 - 1)]
    largest = last
  }
}

/// The outcomes of verdicts over some rows of evidence.
public struct OutcomeTally: Sendable, Hashable {
  /// Rows by outcome.
  public var right = 0, wrong = 0, uncertain = 0
  /// Rows whose observation does not settle whether they fit.
  public var open = 0

  /// No rows.
  public init() {}

  /// Rows whose observation settles it.
  public var count: Int { right + wrong + uncertain }
}

extension Sequence where Element == Comparison {
  /// The errors of a quantity; nil if no row has it.
  public func errors(of quantity: Comparison.Quantity) -> ErrorSummary? {
    ErrorSummary(compactMap { $0[quantity]?.error })
  }

  /// The outcomes of the verdicts.
  public var outcomes: OutcomeTally {
    reduce(into: OutcomeTally()) { tally, comparison in
      switch comparison.outcome {
      case .right: tally.right += 1
      case .wrong: tally.wrong += 1
      case .uncertain: tally.uncertain += 1
      case nil: tally.open += 1
      }
    }
  }

  /// The rows with the largest errors in a quantity, worst first.
  public func worst(_ count: Int, in quantity: Comparison.Quantity) -> [Comparison] {
    let ranked = enumerated().compactMap { index, row in row[quantity].map { (row, $0.error.magnitude, index) } }
    return ranked.sorted { ($0.1, $1.2) > ($1.1, $0.2) }.prefix(count).map(\.0)
  }
}
