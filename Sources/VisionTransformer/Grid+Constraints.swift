extension Grid {
  /// Inclusive bounds; either end may be open.
  public struct Bounds: Sendable, Hashable, CustomStringConvertible {
    /// Smallest value; nil if open.
    public var lower: Ratio?
    /// Largest value; nil if open.
    public var upper: Ratio?

    /// Bounds.
    public init(lower: Ratio? = nil, upper: Ratio? = nil) {
      self.lower = lower
      self.upper = upper
    }

    /// Whether `numerator / denominator` is within the bounds, computed exactly.
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

  /// Bounds on derived quantities that leave points out of a grid. None depends on the depth, so that every column has
  /// the same depths.
  public struct Constraints: Sendable, Hashable {
    /// The quantities that can be bounded.
    public enum Key: String, CaseIterable, Sendable, Hashable {
      /// Width of one attention head, D / H.
      case headWidth
      /// MLP-width over width, M / D.
      case mlpRatio
      /// Patches an image, N.
      case patches
    }

    /// Bounds by the quantity they apply to.
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
