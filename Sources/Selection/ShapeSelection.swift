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

  /// The rule that ranks shapes.
  public let rule: SelectionRule
  /// The constraints that every selected shape meets.
  public let constraints: SelectionConstraints
  /// The largest number of shapes to keep.
  public let capacity: Int

  /// Number of configurations that were offered.
  public private(set) var offered = 0
  /// Number of configurations that meet every constraint.
  public private(set) var eligible = 0
  /// Number of configurations with an uncertain verdict that meet every constraint except memory.
  public private(set) var uncertain = 0
  /// The Pareto front of the configurations that meet every constraint.
  public private(set) var front = ParetoFront<Element>()
  /// The kept shapes, best first.
  private var best: [Entry] = []
  private let active: [SelectionConstraint]
  private var brokenMasks: [Int]
  private var nearest: [NearMiss?]

  /// An empty selection.
  ///
  /// - Parameters:
  ///   - rule: The rule that ranks shapes.
  ///   - constraints: The constraints that every selected shape must meet.
  ///   - capacity: The largest number of shapes to keep.
  public init(_ rule: SelectionRule, _ constraints: SelectionConstraints, capacity: Int) {
    self.rule = rule
    self.constraints = constraints
    self.capacity = max(capacity, 1)
    active = SelectionConstraint.allCases.filter { $0 == .memory || constraints.bounds[$0] != nil }
    brokenMasks = Array(repeating: 0, count: 1 << SelectionConstraint.allCases.count)
    nearest = Array(repeating: nil, count: SelectionConstraint.allCases.count)
  }

  /// The selected shapes, best first.
  public var selected: [(figures: SelectionFigures, element: Element)] { best.map { ($0.figures, $0.element) } }

  /// Offers a configuration; `element` is evaluated only if it is kept.
  ///
  /// - Parameters:
  ///   - figures: The configuration's figures.
  ///   - element: The element to keep for it.
  public mutating func insert(_ figures: SelectionFigures, _ element: @autoclosure () -> Element) {
    offered += 1
    var mask = 0
    for constraint in active where !constraints.isMet(constraint, by: figures) { mask |= 1 << constraint.rawValue }
    guard mask == 0 else {
      brokenMasks[mask] += 1
      if mask.nonzeroBitCount == 1 { miss(SelectionConstraint.allCases[mask.trailingZeroBitCount], figures, element()) }
      return
    }
    eligible += 1
    front.insert(figures, element())
    let standing = rule.standing(figures)
    if best.count == capacity, let worst = best.last, standing <= worst.standing { return }
    insert(Entry(standing: standing, arrival: offered, figures: figures, element: element()))
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

  private mutating func miss(
    _ constraint: SelectionConstraint, _ figures: SelectionFigures, _ element: @autoclosure () -> Element
  ) {
    if constraint == .memory, figures.verdict == .uncertain { uncertain += 1 }
    let value = constraints.value(constraint, of: figures)
    if let known = nearest[constraint.rawValue], constraint.isMost ? known.value <= value : known.value >= value {
      return
    }
    nearest[constraint.rawValue] = NearMiss(value: value, figures: figures, element: element())
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
    brokenMasks.indices.filter { brokenMasks[$0] > 0 }
      .sorted { a, b in
        (a.nonzeroBitCount, -brokenMasks[a], a) < (b.nonzeroBitCount, -brokenMasks[b], b)
      }
      .map { mask in (SelectionConstraint.allCases.filter { mask & 1 << $0.rawValue != 0 }, brokenMasks[mask]) }
  }
}
