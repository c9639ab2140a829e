/// How large the errors of one quantity are, over some rows of evidence.
public struct ErrorSummary: Sendable, Hashable {
  /// Rows.
  public var count: Int
  /// The middle magnitude; of an even number of rows the mean of the two in the middle.
  public var median: Double
  /// Nine in ten rows are off by at most this.
  public var ninetieth: Double
  /// The largest magnitude.
  public var largest: Double

  /// A summary of relative errors; nil where there are none.
  public init?(_ errors: some Sequence<Double>) {
    let sorted = errors.map(\.magnitude).sorted()
    guard let last = sorted.last else { return nil }
    count = sorted.count
    median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    ninetieth = sorted[min(count - 1, (count * 9 + 9) / 10 - 1)]
    largest = last
  }
}

/// How verdicts came out, over some rows of evidence.
public struct OutcomeTally: Sendable, Hashable {
  /// Rows by outcome.
  public var right = 0, wrong = 0, uncertain = 0
  /// Rows of which the observation does not tell whether they fit.
  public var open = 0

  /// No rows.
  public init() {}

  /// Rows that tell.
  public var count: Int { right + wrong + uncertain }
}

extension Sequence where Element == Comparison {
  /// How far a quantity is off; nil where no row has it.
  public func errors(of quantity: Comparison.Quantity) -> ErrorSummary? {
    ErrorSummary(compactMap { $0[quantity]?.error })
  }

  /// How the verdicts came out.
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

  /// The rows that a quantity is farthest off in, worst first.
  public func worst(_ count: Int, in quantity: Comparison.Quantity) -> [Comparison] {
    let ranked = enumerated().compactMap { index, row in row[quantity].map { (row, $0.error.magnitude, index) } }
    return ranked.sorted { ($0.1, $1.2) > ($1.1, $0.2) }.prefix(count).map(\.0)
  }
}
