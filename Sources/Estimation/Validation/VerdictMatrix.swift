import VisionTransformer

/// How often each verdict of the model met each verdict of the evidence.
public struct VerdictMatrix: Sendable, Hashable {
  private var counts: [Verdict: [Verdict: Int]] = [:]
  /// Rows whose evidence does not settle whether they fit.
  public private(set) var open = 0

  /// The verdicts of `rows`.
  public init(_ rows: some Sequence<ValidationRow>) {
    for row in rows {
      guard let observed = row.comparison.observedVerdict else {
        open += 1
        continue
      }
      counts[row.comparison.estimate.verdict, default: [:]][observed, default: 0] += 1
    }
  }

  /// Rows with an estimated verdict, of which the evidence says `observed`.
  public subscript(estimated: Verdict, observed: Verdict) -> Int { counts[estimated]?[observed] ?? 0 }

  /// Rows that the evidence settles.
  public var count: Int { counts.values.reduce(0) { $0 + $1.values.reduce(0, +) } }
  /// Rows of which the model says the opposite of the evidence.
  public var wrong: Int { self[.fits, .doesNotFit] + self[.doesNotFit, .fits] }
  /// Rows that the model leaves open.
  public var uncertain: Int { self[.uncertain, .fits] + self[.uncertain, .doesNotFit] }
}
