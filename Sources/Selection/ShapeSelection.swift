import VisionTransformer

/// The best few of any number of offered shapes by a rule, with the Pareto front of all that meet the constraints.
///
/// Only the few best, the front and some counts are held in memory, not all configurations. Configurations that differ
/// only in heads, batch or image size count as one shape, and the best of them is kept.
public struct ShapeSelection<Element> {
  private struct Entry {
    var standing: SelectionStanding
    var arrival: Int
    var figures: SelectionFigures
    var element: Element

    func isBetter(than other: Entry) -> Bool {
      other.standing < standing || (other.standing == standing && arrival < other.arrival)
    }

    /// Whether the two differ at most in heads, batch or image size.
    func hasDimensions(of other: SelectionFigures) -> Bool {
      let a = figures.shape, b = other.shape
      return a.depth == b.depth && a.width == b.width && a.mlpWidth == b.mlpWidth && a.patch == b.patch
    }
  }

  /// The configuration that comes closest to meeting one constraint, among those that meet all others.
  public struct NearMiss {
    /// The value that is compared with the constraint's bound.
    public var value: Double
    /// The configuration's figures.
    public var figures: SelectionFigures
    /// The element that is kept for it.
    public var element: Element
  }

  private var tally: SelectionTally
  /// The largest number of shapes to keep.
  public let capacity: Int
  /// The Pareto front of the configurations that meet every constraint.
  public private(set) var front = ParetoFront<Element>()
  /// The kept shapes, best first.
  private var best: [Entry] = []
  private var nearest: [NearMiss?]

  /// An empty selection.
  ///
  /// - Parameters:
  ///   - rule: The rule that ranks shapes.
  ///   - constraints: The constraints that every selected shape must meet.
  ///   - capacity: The largest number of shapes to keep.
  public init(_ rule: SelectionRule, _ constraints: SelectionConstraints, capacity: Int) {
    tally = SelectionTally(rule, constraints)
    self.capacity = max(capacity, 1)
    nearest = Array(repeating: nil, count: SelectionConstraint.allCases.count)
  }

  /// The rule that ranks shapes.
  public var rule: SelectionRule { tally.rule }
  /// The constraints that every selected shape meets.
  public var constraints: SelectionConstraints { tally.constraints }
  /// Number of configurations that were offered.
  public var offered: Int { tally.offered }
  /// Number of configurations that meet every constraint.
  public var eligible: Int { tally.eligible }
  /// Number of configurations with an uncertain verdict that meet every constraint except memory.
  public var uncertain: Int { tally.uncertain }

  /// The selected shapes, best first.
  public var selected: [(figures: SelectionFigures, element: Element)] { best.map { ($0.figures, $0.element) } }

  /// Offers a configuration; `element` is evaluated only if it is kept.
  ///
  /// - Parameters:
  ///   - figures: The configuration's figures.
  ///   - element: The element to keep for it.
  public mutating func insert(_ figures: SelectionFigures, _ element: @autoclosure () -> Element) {
    switch tally.offer(figures) {
    case .refused: break
    case .nearest(let constraint, let value):
      nearest[constraint.rawValue] = NearMiss(value: value, figures: figures, element: element())
    case .taken(let standing):
      front.insert(figures, element())
      guard let standing else { return }
      insert(Entry(standing: standing, arrival: offered, figures: figures, element: element()))
      if best.count == capacity { tally.least = best.last?.standing }
    }
  }

  private mutating func insert(_ entry: Entry) {
    if let twin = best.firstIndex(where: { $0.hasDimensions(of: entry.figures) }) {
      guard entry.isBetter(than: best[twin]) else { return }
      best.remove(at: twin)
    }
    let place = best.firstIndex { entry.isBetter(than: $0) } ?? best.count
    best.insert(entry, at: place)
    if best.count > capacity { best.removeLast() }
  }
}

extension ShapeSelection {
  /// The configuration that comes closest to meeting a constraint, among those that meet all others; nil if there is
  /// none.
  ///
  /// - Parameter constraint: The constraint.
  public func nearMiss(_ constraint: SelectionConstraint) -> NearMiss? { nearest[constraint.rawValue] }

  /// The sets of constraints that configurations break together, each with the number of configurations that break
  /// exactly that set; sets with the fewest constraints come first, and among these the most frequent ones.
  public var broken: [(constraints: [SelectionConstraint], count: Int)] {
    let counts = tally.broken
    return counts.indices.filter { counts[$0] > 0 }
      .sorted { a, b in
        (a.nonzeroBitCount, -counts[a], a) < (b.nonzeroBitCount, -counts[b], b)
      }
      .map { mask in (SelectionConstraint.allCases.filter { mask & 1 << $0.rawValue != 0 }, counts[mask]) }
  }
}
