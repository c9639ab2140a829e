import VisionTransformer

/// Rows that are about as far from the limit, and how their verdicts came out: where the uncertain band is needed, and
/// whether it covers every error.
public struct HeadroomGroup: Sendable, Hashable {
  /// Least and largest headroom: the limit less the estimated total, as a fraction of the limit; negative where the step
  /// does not fit.
  public var headroom: ClosedRange<Double>
  /// The outcomes of the rows.
  public var outcomes: OutcomeTally

  /// `rows` whose evidence settles the verdict, ordered by headroom and divided into ten groups of the same size; fewer
  /// groups if there are fewer rows.
  public static func deciles(_ rows: some Sequence<ValidationRow>) -> [HeadroomGroup] {
    let ordered = rows.filter { $0.comparison.outcome != nil }
      .map { (row: $0, headroom: headroom($0.comparison.estimate)) }
      .sorted { ($0.headroom, $0.row.place) < ($1.headroom, $1.row.place) }
    let groups = min(10, ordered.count)
    return (0..<groups).compactMap { index in
      let part = ordered[ordered.count * index / groups..<ordered.count * (index + 1) / groups]
      guard let first = part.first, let last = part.last else { return nil }
      return HeadroomGroup(
        headroom: first.headroom...last.headroom, outcomes: part.map(\.row.comparison).outcomes)
    }
  }

  static func headroom(_ estimate: Estimate) -> Double { 1 - Double(estimate.total) / Double(max(1, estimate.limit)) }
}
