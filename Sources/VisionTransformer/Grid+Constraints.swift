extension Grid {
  /// Inclusive bounds, either of them open.
  public struct Bounds: Sendable, Hashable, CustomStringConvertible {
    /// Smallest value; nil where there is none.
    public var lower: Ratio?
    /// Largest value; nil where there is none.
    public var upper: Ratio?

    /// Bounds.
    public init(lower: Ratio? = nil, upper: Ratio? = nil) {
      self.lower = lower
      self.upper = upper
    }

    /// Whether `numerator / denominator` lies within, exactly.
    func contains(_ numerator: Int, over denominator: Int = 1) -> Bool {
      let scaled = numerator * 10_000
      if let lower, scaled < lower.tenThousandths * denominator { return false }
      if let upper, scaled > upper.tenThousandths * denominator { return false }
      return true
    }

    /// The bounds in the form that `init(parsing:)` reads.
    public var description: String {
      func text(_ ratio: Ratio?) -> String { ratio.map { String($0.description.dropLast()) } ?? "" }
      return lower == upper ? text(lower) : text(lower) + ".." + text(upper)
    }
  }

  /// Which points of a grid are left out: a closed list of comparisons, none of which depends on the depth, so that every
  /// column has the same depths.
  public struct Constraints: Sendable, Hashable {
    /// The constraints.
    public enum Key: String, CaseIterable, Sendable, Hashable {
      /// Width of one attention head, D / H.
      case headWidth
      /// MLP-width over width, M / D.
      case mlpRatio
      /// Patches an image, N.
      case patches
    }

    /// Bounds by what they bound.
    public var bounds: [Key: Bounds]

    /// Constraints.
    public init(_ bounds: [Key: Bounds] = [:]) { self.bounds = bounds }

    func allow(heads: Int, width: Int) -> Bool { bounds[.headWidth]?.contains(width, over: heads) ?? true }
    func allow(mlpWidth: Int, width: Int) -> Bool { bounds[.mlpRatio]?.contains(mlpWidth, over: width) ?? true }
    func allow(imageSize: Int, patch: Int) -> Bool {
      bounds[.patches]?.contains((imageSize / patch) * (imageSize / patch)) ?? true
    }
  }
}
