import VisionTransformer

/// The best few shapes by a rule, of any number that are offered, with the Pareto front of all that meet the constraints.
///
/// Memory holds the few, the front and some counts, never the rows. Configurations that differ in heads, batch or image size alone
/// are one shape: the best of them is kept.
public struct ShapeSelection<Element> {
  private struct Entry {
    var standing: SelectionStanding
    var arrival: Int
    var figures: SelectionFigures
    var element: Element

    func isBetter(than other: Entry) -> Bool {
      other.standing < standing || (other.standing == standing && arrival < other.arrival)
    }

    /// Whether the two differ in heads, batch or image size at most.
    func hasDimensions(of other: SelectionFigures) -> Bool {
      let a = figures.shape, b = other.shape
      return a.depth == b.depth && a.width == b.width && a.mlpWidth == b.mlpWidth && a.patch == b.patch
    }
  }

  /// The configuration that comes nearest to meeting one constraint, of those that meet all the others.
  public struct NearMiss {
    /// What the constraint compares with its bound.
    public var value: Double
    /// Its figures.
    public var figures: SelectionFigures
    /// What is kept of it.
    public var element: Element
  }

  /// What makes one better than another.
  public let rule: SelectionRule
  /// What each must meet.
  public let constraints: SelectionConstraints
  /// Most shapes that are kept.
  public let capacity: Int

  /// Configurations that were offered.
  public private(set) var offered = 0
  /// Configurations that meet every constraint.
  public private(set) var eligible = 0
  /// Configurations that meet all but the memory, and of which nobody knows whether they fit.
  public private(set) var uncertain = 0
  /// Of those that meet every constraint, the ones that no other beats in every way.
  public private(set) var front = ParetoFront<Element>()
  /// The best first.
  private var best: [Entry] = []
  private let active: [SelectionConstraint]
  private var brokenMasks: [Int]
  private var nearest: [NearMiss?]

  /// An empty selection.
  ///
  /// - Parameters:
  ///   - rule: What makes one better than another.
  ///   - constraints: What each must meet.
  ///   - capacity: Most shapes that are kept.
  public init(_ rule: SelectionRule, _ constraints: SelectionConstraints, capacity: Int) {
    self.rule = rule
    self.constraints = constraints
    self.capacity = max(capacity, 1)
    active = SelectionConstraint.allCases.filter { $0 == .memory || constraints.bounds[$0] != nil }
    brokenMasks = Array(repeating: 0, count: 1 << SelectionConstraint.allCases.count)
    nearest = Array(repeating: nil, count: SelectionConstraint.allCases.count)
  }

  /// The selected shapes, the best first.
  public var selected: [(figures: SelectionFigures, element: Element)] { best.map { ($0.figures, $0.element) } }

  /// Offers a configuration; `element` is made only where it is kept.
  ///
  /// - Parameters:
  ///   - figures: Its figures.
  ///   - element: What is kept of it.
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
  /// The configuration that comes nearest to meeting a constraint, of those that break no other one; nil where there is none.
  ///
  /// - Parameter constraint: The constraint.
  public func nearMiss(_ constraint: SelectionConstraint) -> NearMiss? { nearest[constraint.rawValue] }

  /// Which constraints configurations break together, and how many break exactly those; the fewest constraints first, then the
  /// most configurations.
  public var broken: [(constraints: [SelectionConstraint], count: Int)] {
    brokenMasks.indices.filter { brokenMasks[$0] > 0 }
      .sorted { a, b in
        (a.nonzeroBitCount, -brokenMasks[a], a) < (b.nonzeroBitCount, -brokenMasks[b], b)
      }
      .map { mask in (SelectionConstraint.allCases.filter { mask & 1 << $0.rawValue != 0 }, brokenMasks[mask]) }
  }
}
