extension Grid.Axis {
  /// One value of an axis as it was written: a number, or a function of the width.
  ///
  /// A map draws one panel a rule: all widths with an MLP-width of four times the width share one panel.
  public enum Rule: Sendable, Hashable {
    /// This number, whatever the width.
    case value(Int)
    /// The width times a ratio, rounded to the nearest multiple of `rounding`, at least one multiple: `4x`.
    case ratio(Grid.Ratio, rounding: Int)
    /// The width divided by a number: `width/64`.
    case widthOver(Int)

    /// The value at a width; nil if the division has a remainder.
    public func value(width: Int) -> Int? {
      switch self {
      case .value(let value): return value
      case .ratio(let ratio, let rounding):
        let unit = 10_000 * rounding
        return max(1, (width * ratio.tenThousandths + unit / 2) / unit) * rounding
      case .widthOver(let divisor): return width % divisor == 0 ? width / divisor : nil
      }
    }
  }

  /// The values as they were written, each once: numbers, then ratios, then fractions of the width, each kind
  /// ascending.
  public var rules: [Rule] { fixedValues.map(Rule.value) + relativeRules }

  /// The items that depend on the width, each once and ascending.
  static func relativeRules(_ items: [Item], rounding: Int) -> [Rule] {
    var rules: Set<Rule> = []
    for item in items {
      switch item {
      case .values: break
      case .ratios(let from, let through, let by):
        for ratio in stride(from: from.tenThousandths, through: through.tenThousandths, by: by.tenThousandths) {
          rules.insert(.ratio(Grid.Ratio(tenThousandths: ratio), rounding: rounding))
        }
      case .widthOver(let divisor): rules.insert(.widthOver(divisor))
      }
    }
    return rules.sorted()
  }
}

extension Grid.Axis.Rule: Comparable {
  /// Numbers come before ratios, and ratios before fractions of the width; each kind is ordered by its value at any
  /// fixed width.
  public static func < (a: Self, b: Self) -> Bool {
    switch (a, b) {
    case (.value(let a), .value(let b)): a < b
    case (.ratio(let a, let roundingA), .ratio(let b, let roundingB)): (a, roundingA) < (b, roundingB)
    case (.widthOver(let a), .widthOver(let b)): a > b
    case (.value, _), (.ratio, .widthOver): true
    case (.ratio, .value), (.widthOver, _): false
    }
  }
}

extension Grid.Axis.Rule: CustomStringConvertible {
  /// `4096`, `4x`, `width/64`.
  public var description: String {
    switch self {
    case .value(let value): "\(value)"
    case .ratio(let ratio, _): "\(ratio)"
    case .widthOver(let divisor): "width/\(divisor)"
    }
  }
}
