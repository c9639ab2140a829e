import VisionTransformer

/// A constant after a fit: its new value, or why the evidence cannot determine one.
package struct FittedConstant: Sendable, Hashable {
  /// Why a constant keeps its value.
  package enum Refusal: Sendable, Hashable {
    /// There are `missing` steps too few for as many constants.
    case rows(missing: Int)
    /// No estimate changes with it. `tells` is a step that would tell, such as `head map`; `isFar`, whether twice or half
    /// the value changes an estimate.
    case unmoved(tells: String?, isFar: Bool)
    /// Estimates jump as it changes, so that no slope leads to a better value.
    case jumps
    /// Even alone it would be known to no better than `error` of its value.
    case range(error: Double)
    /// The fit leads it to where no estimate depends on it.
    case vanishes
    /// Alone it would be known to `alone` of its value, beside `others`, which do nearly the same, to no better than
    /// `error`; infinite where the rest is as small as rounding.
    case rank(alone: Double, error: Double, others: [String])

    /// The kind, in one word.
    package var word: String {
      switch self {
      case .rows: "n"
      case .unmoved, .range, .jumps, .vanishes: "range"
      case .rank: "rank"
      }
    }

    /// One standard error as a share of the value, if the constant alone is free; nil where that is not the reason.
    package var errorAlone: Double? {
      switch self {
      case .range(let error), .rank(let error, _, _): error
      default: nil
      }
    }

    /// The same beside the others that were to be fitted.
    package var errorBesideOthers: Double? {
      if case .rank(_, let error, _) = self { error } else { nil }
    }

    /// Steps that are missing for it; nil where that is not the reason.
    package var missingSteps: Int? {
      if case .rows(let missing) = self { missing } else { nil }
    }

    /// Constants that do nearly the same.
    package var likeConstants: [String] {
      if case .rank(_, _, let others) = self { others } else { [] }
    }

    /// A step that would tell of it, such as `head map`; nil if none is known.
    package var tellingStep: String? {
      if case .unmoved(let tells, _) = self { tells } else { nil }
    }
  }

  /// Name, such as `cycles.product`.
  package var name: String
  /// The value before.
  package var old: Double
  /// The value after; nil if it is refused.
  package var new: Double?
  /// One standard error as a share of the value, other constants being free; nil if it is refused.
  package var error: Double?
  /// The largest share by which an estimate changes as the constant does.
  package var share: Double
  /// Why it is refused; nil if it is not.
  package var refusal: Refusal?
}
