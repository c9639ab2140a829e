extension Grid {
  /// The values along one axis: numbers, ranges with a step, ratios to the width.
  ///
  /// Values are distinct and ascending, whatever order they were given in, so that no configuration is enumerated
  /// twice.
  public struct Axis: Sendable, Hashable {
    /// One part of an axis.
    public enum Item: Sendable, Hashable {
      /// `from`, `from + by`, ... up to `through`; a single number is a range of one.
      case values(from: Int, through: Int, by: Int)
      /// Ratios to the width: `3x..6x by 0.5x`.
      case ratios(from: Ratio, through: Ratio, by: Ratio)
      /// The width divided by a number, if that divides it: `width/64`.
      case widthOver(Int)

      /// How many values the item has.
      var count: Int {
        switch self {
        case .values(let from, let through, let by): (through - from) / by + 1
        case .ratios(let from, let through, let by):
          (through.tenThousandths - from.tenThousandths) / by.tenThousandths + 1
        case .widthOver: 1
        }
      }
    }

    /// Most values an axis can have.
    public static let largestCount = 1 << 17

    /// The parts, in the order they were given.
    public let items: [Item]
    /// Ratios are rounded to the nearest multiple of this (at least one multiple).
    public let rounding: Int
    /// Distinct values that do not depend on the width, ascending.
    public let fixedValues: [Int]
    /// Values that depend on the width.
    let relativeRules: [Rule]

    /// The given values.
    public init(_ values: [Int]) {
      self.init(items: values.map { .values(from: $0, through: $0, by: 1) }, rounding: 1)
    }

    /// Parts that have been checked: no step below 1, no descending range.
    init(items: [Item], rounding: Int) {
      self.items = items
      self.rounding = rounding
      var values: [Int] = []
      for case .values(let from, let through, let by) in items {
        values += stride(from: from, through: through, by: by)
      }
      fixedValues = distinct(values)
      relativeRules = Self.relativeRules(items, rounding: rounding)
    }

    /// Whether some values depend on the width.
    public var isRelative: Bool { !relativeRules.isEmpty }

    /// Distinct values for a width, ascending.
    public func values(width: Int) -> [Int] {
      guard isRelative else { return fixedValues }
      return distinct(fixedValues + relativeRules.compactMap { $0.value(width: width) })
    }

    /// How many `width/64` parts do not divide the width.
    func undivided(width: Int) -> Int { relativeRules.count { $0.value(width: width) == nil } }

    /// The largest value of the axis at any width up to `width`; 0 for an empty axis.
    func largest(width: Int) -> Int {
      relativeRules.reduce(fixedValues.last ?? 0) { largest, rule in
        if case .widthOver(let divisor) = rule { return max(largest, width / divisor, 1) }
        return max(largest, rule.value(width: width) ?? 0)
      }
    }
  }

  /// A ratio to the width, exact to four digits after the point: `0.5x`, `4x`.
  public struct Ratio: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The ratio times 10^4.
    public var tenThousandths: Int

    /// A ratio from its count of ten-thousandths.
    public init(tenThousandths: Int) { self.tenThousandths = tenThousandths }

    /// Whether the first ratio is the smaller.
    public static func < (a: Ratio, b: Ratio) -> Bool { a.tenThousandths < b.tenThousandths }

    /// `3.5x`.
    public var description: String {
      var digits = fixed(Double(tenThousandths) / 10_000, digits: 4)
      while digits.hasSuffix("0") { digits.removeLast() }
      return (digits.hasSuffix(".") ? String(digits.dropLast()) : digits) + "x"
    }
  }
}

extension Grid.Axis: CustomStringConvertible {
  /// The axis in the form that `init(parsing:)` reads: `512..2560 by 64`.
  public var description: String {
    var parts = items.map { item in
      switch item {
      case .values(let from, let through, let by):
        from == through ? "\(from)" : "\(from)..\(through)" + (by == 1 ? "" : " by \(by)")
      case .ratios(let from, let through, let by): from == through ? "\(from)" : "\(from)..\(through) by \(by)"
      case .widthOver(let divisor): "width/\(divisor)"
      }
    }
    if rounding > 1 { parts.append("rounded to \(rounding)") }
    return parts.joined(separator: ", ")
  }
}

/// The values, ascending, each once.
private func distinct(_ values: [Int]) -> [Int] {
  var result: [Int] = []
  for value in values.sorted() where value != result.last { result.append(value) }
  return result
}
