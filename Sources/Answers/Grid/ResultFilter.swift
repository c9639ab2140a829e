import Selection
import VisionTransformer

/// Which results to return, in which order and how many, from a search of a grid or from a store.
package struct ResultFilter: Sendable {
  /// Smallest and largest value of quantities; nil is open.
  package var ends: [(quantity: EstimateQuantity, least: Double?, most: Double?)]
  /// Verdicts; empty for all.
  package var verdicts: Set<Verdict>
  /// The quantity to order by, and whether the largest come first; nil for the existing order.
  package var order: (quantity: EstimateQuantity, isDescending: Bool)?
  /// The most results to return; nil for all.
  package var limit: Int?

  /// A filter.
  package init(
    ends: [(EstimateQuantity, Double?, Double?)], verdicts: Set<Verdict>,
    order: (quantity: EstimateQuantity, isDescending: Bool)?, limit: Int?
  ) {
    self.ends = ends.filter { $0.1 != nil || $0.2 != nil }.map { ($0.0, $0.1, $0.2) }
    self.verdicts = verdicts
    self.order = order
    self.limit = limit
  }

  /// The filter over estimates.
  ///
  /// - Throws: `AnswerError` if a smallest value is above its largest.
  package func ofEstimates() throws(AnswerError) -> EstimateFilter {
    var bounds: [EstimateQuantity: EstimateFilter.Bounds] = [:]
    for (quantity, least, most) in ends {
      let least = least ?? -.infinity, most = most ?? .infinity
      guard least <= most else {
        throw AnswerError(
          .invalid, "--min-\(quantity.rawValue) is above --max-\(quantity.rawValue): nothing could ever lie between")
      }
      bounds[quantity] = .init(least: least, most: most)
    }
    return EstimateFilter(bounds: bounds, verdicts: verdicts.isEmpty ? Set(Verdict.allCases) : verdicts)
  }
}
