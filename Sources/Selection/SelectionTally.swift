/// What a selection decides about an offered configuration from its figures alone: which constraints it breaks, and whether
/// it stands higher than the least of those that are kept.
///
/// It is apart from what is kept, whose type the compiler does not know here: nearly all configurations are refused, and
/// cost no more than this.
struct SelectionTally {
  /// What becomes of a configuration.
  enum Offer {
    /// It is counted and forgotten.
    case refused
    /// It breaks one constraint only, and comes closer to meeting it than all before, with this value.
    case nearest(SelectionConstraint, Double)
    /// It meets every constraint; its standing, if that is higher than `least`.
    case taken(SelectionStanding?)
  }

  let rule: SelectionRule
  let constraints: SelectionConstraints
  /// The standing that a configuration must exceed to be kept; nil while there is room.
  var least: SelectionStanding?
  private(set) var offered = 0
  private(set) var eligible = 0
  private(set) var uncertain = 0
  /// Numbers of configurations by the set of constraints that they break, a bit for each.
  private(set) var broken: [Int]
  private let active: [SelectionConstraint]
  private var nearest: [Double?]

  init(_ rule: SelectionRule, _ constraints: SelectionConstraints) {
    self.rule = rule
    self.constraints = constraints
    active = SelectionConstraint.allCases.filter { $0 == .memory || constraints.bounds[$0] != nil }
    broken = Array(repeating: 0, count: 1 << SelectionConstraint.allCases.count)
    nearest = Array(repeating: nil, count: SelectionConstraint.allCases.count)
  }

  /// Counts a configuration and says what becomes of it.
  mutating func offer(_ figures: SelectionFigures) -> Offer {
    offered += 1
    var mask = 0
    for constraint in active where !constraints.isMet(constraint, by: figures) { mask |= 1 << constraint.rawValue }
    guard mask == 0 else {
      broken[mask] += 1
      return mask.nonzeroBitCount == 1
        ? miss(SelectionConstraint.allCases[mask.trailingZeroBitCount], figures) : .refused
    }
    eligible += 1
    let standing = rule.standing(figures)
    if let least, standing <= least { return .taken(nil) }
    return .taken(standing)
  }

  private mutating func miss(_ constraint: SelectionConstraint, _ figures: SelectionFigures) -> Offer {
    if constraint == .memory, figures.verdict == .uncertain { uncertain += 1 }
    let value = constraints.value(constraint, of: figures)
    if let known = nearest[constraint.rawValue], constraint.isMost ? known <= value : known >= value { return .refused }
    nearest[constraint.rawValue] = value
    return .nearest(constraint, value)
  }
}
