/// Why a text is not an axis or bounds of a grid, and where.
public struct GridSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The given text.
  public var text: String
  /// Number of characters before the offending one.
  public var offset: Int
  /// What was expected.
  public var problem: String

  /// `"512..2560 bye 64": at character 11: expected "by", a comma or the end`.
  public var description: String { "\"\(excerpt(of: text))\": at character \(offset + 1): \(problem)" }
}

extension Grid.Axis {
  /// The form of an axis, for help texts and errors.
  public static let syntax = """
    a number, a list "8, 16, 32", a range "512..2560 by 64", for mlpWidth ratios to the width \
    "3x..6x by 0.5x, rounded to 128", for heads "width/64"
    """

  /// Reads an axis: parts separated by commas, each a number, a range `512..2560` with or without `by 64`, a ratio to
  /// the width `4x`, a range of ratios `3x..6x by 0.5x`, or `width/64`. Ratios may end with `rounded to 128`. The long
  /// form is `3x..6x of width in steps of 0.5x`.
  ///
  /// - Throws: `GridSyntaxError` that points at the offending character.
  public init(parsing text: String) throws(GridSyntaxError) {
    var scanner = GridScanner(text)
    var items: [Item] = []
    var rounding: Int?
    var count = 0
    repeat {
      let start = scanner.skipBlanks()
      if !items.isEmpty, scanner.take(word: "rounded") {
        try scanner.expect(word: "to")
        rounding = try scanner.wholeNumber("a number to round to")
        break
      }
      let item = try scanner.item()
      items.append(item)
      count += item.count
      guard count <= Self.largestCount else {
        throw scanner.error(start, "more than \(Self.largestCount) values; use a larger step")
      }
    } while scanner.take(",")
    let end = scanner.skipBlanks()
    guard scanner.isAtEnd else {
      throw scanner.error(end, "expected a comma, \"by\" or the end, found \"\(scanner.rest)\"")
    }
    if rounding != nil, !items.contains(where: { if case .ratios = $0 { true } else { false } }) {
      throw scanner.error(0, "only ratios such as 4x are rounded")
    }
    self.init(items: items, rounding: rounding ?? 1)
  }
}

extension Grid.Bounds {
  /// Reads `32..128`, `..128`, `32..`, or one number; a ratio may be written `2x..8x`.
  ///
  /// - Throws: `GridSyntaxError` that points at the offending character.
  public init(parsing text: String) throws(GridSyntaxError) {
    var scanner = GridScanner(text)
    var lower: Grid.Ratio?, upper: Grid.Ratio?
    let start = scanner.skipBlanks()
    if scanner.nextIsDigit { lower = try scanner.number().ratio }
    if scanner.take("..") {
      scanner.skipBlanks()
      if scanner.nextIsDigit { upper = try scanner.number().ratio }
    } else {
      upper = lower
    }
    let end = scanner.skipBlanks()
    guard scanner.isAtEnd, lower != nil || upper != nil else {
      throw scanner.error(end, "expected bounds such as 32..128, ..128 or 32..")
    }
    if let lower, let upper, lower > upper { throw scanner.error(start, "the lower bound is above the upper") }
    self.init(lower: lower, upper: upper)
  }
}

/// Reads the small language of axes, character by character.
private struct GridScanner {
  private let text: String
  private let characters: [UInt8]
  private var position = 0

  /// Largest number accepted anywhere, so that no arithmetic on axes overflows.
  private static let largestNumber = 1_000_000_000

  init(_ text: String) {
    self.text = text
    characters = Array(text.utf8)
  }

  var isAtEnd: Bool { position == characters.count }
  var nextIsDigit: Bool { digit(at: position) != nil }
  var rest: String { excerpt(of: String(decoding: characters[position...].prefix(80), as: UTF8.self)) }

  func error(_ position: Int, _ problem: String) -> GridSyntaxError {
    // Counts the bytes that begin a character, so that the caret is right under non-ASCII text too.
    let offset = characters[..<min(position, characters.count)].count { $0 & 0xC0 != 0x80 }
    return GridSyntaxError(text: text, offset: offset, problem: problem)
  }

  @discardableResult
  mutating func skipBlanks() -> Int {
    while position < characters.count, characters[position] == 0x20 || characters[position] == 0x09 { position += 1 }
    return position
  }

  mutating func take(_ symbol: String) -> Bool {
    skipBlanks()
    guard characters[position...].starts(with: symbol.utf8) else { return false }
    position += symbol.utf8.count
    return true
  }

  /// Takes a word, unless another letter follows it directly.
  mutating func take(word: String) -> Bool {
    let start = position
    guard take(word) else { return false }
    if position < characters.count, (0x61...0x7A).contains(characters[position] | 0x20) {
      position = start
      return false
    }
    return true
  }

  mutating func expect(word: String) throws(GridSyntaxError) {
    guard take(word: word) else { throw error(position, "expected \"\(word)\"") }
  }

  private func digit(at index: Int) -> Int? {
    guard index < characters.count, (0x30...0x39).contains(characters[index]) else { return nil }
    return Int(characters[index] - 0x30)
  }

  mutating func wholeNumber(_ what: String = "a whole number") throws(GridSyntaxError) -> Int {
    let start = skipBlanks()
    guard nextIsDigit else { throw error(start, "expected \(what)") }
    var value = 0
    while let digit = digit(at: position) {
      value = value * 10 + digit
      guard value <= Self.largestNumber else { throw error(start, "a number above \(Self.largestNumber)") }
      position += 1
    }
    guard value >= 1 else { throw error(start, "expected \(what) of at least 1") }
    return value
  }

  /// A number with up to four digits after the point; `isRatio` where an `x` follows.
  mutating func number() throws(GridSyntaxError) -> (ratio: Grid.Ratio, isRatio: Bool, isWhole: Bool) {
    let start = skipBlanks()
    guard nextIsDigit else { throw error(start, "expected a number, found \"\(rest)\"") }
    var value = 0, digits = 0
    while let digit = digit(at: position) {
      value = value * 10 + digit
      guard value <= Self.largestNumber else { throw error(start, "a number above \(Self.largestNumber)") }
      position += 1
    }
    // Two points mean a range, not a fraction.
    let isFraction = position < characters.count && characters[position] == 0x2E && digit(at: position + 1) != nil
    if isFraction {
      position += 1
      while let digit = digit(at: position) {
        guard digits < 4 else { throw error(position, "at most four digits after the point") }
        value = value * 10 + digit
        digits += 1
        position += 1
      }
    }
    while digits < 4 {
      value *= 10
      digits += 1
    }
    let isRatio = position < characters.count && characters[position] == 0x78
    if isRatio { position += 1 }
    if value == 0 { throw error(start, "expected a number above 0") }
    return (Grid.Ratio(tenThousandths: value), isRatio, !isFraction)
  }

  mutating func item() throws(GridSyntaxError) -> Grid.Axis.Item {
    let start = skipBlanks()
    if take(word: "width") {
      guard take("/") else { throw error(position, "expected \"/\" and a number, as in width/64") }
      return .widthOver(try wholeNumber("a number, as in width/64"))
    }
    let from = try bound(start, isRatio: nil)
    guard take("..") else {
      return from.isRatio ? .ratios(from: from.ratio, through: from.ratio, by: from.ratio) : single(from.ratio)
    }
    let through = try bound(skipBlanks(), isRatio: from.isRatio)
    guard through.ratio >= from.ratio else { throw error(start, "the range runs from high to low") }
    var by = Grid.Ratio(tenThousandths: 10_000)
    if from.isRatio, take(word: "of") { try expect(word: "width") }
    let afterRange = skipBlanks()
    if try takeStep() {
      by = try bound(skipBlanks(), isRatio: from.isRatio).ratio
    } else if from.isRatio, through.ratio > from.ratio {
      throw error(afterRange, "a range of ratios needs a step, as in 3x..6x by 0.5x")
    }
    if from.isRatio {
      let item = Grid.Axis.Item.ratios(from: from.ratio, through: through.ratio, by: by)
      return item
    }
    return .values(from: whole(from.ratio), through: whole(through.ratio), by: whole(by))
  }

  /// Whether a step follows: `by` or `in steps of`.
  private mutating func takeStep() throws(GridSyntaxError) -> Bool {
    if take(word: "by") { return true }
    guard take(word: "in") else { return false }
    try expect(word: "steps")
    try expect(word: "of")
    return true
  }

  /// The end or the step of a range, of the same kind as its beginning.
  private mutating func bound(
    _ start: Int, isRatio expected: Bool?
  ) throws(GridSyntaxError) -> (ratio: Grid.Ratio, isRatio: Bool) {
    let number = try number()
    if let expected, number.isRatio != expected {
      throw error(start, expected ? "expected a ratio such as 6x" : "expected a plain number, not a ratio")
    }
    guard number.isRatio || number.isWhole else {
      throw error(start, "expected a whole number, or a ratio such as 2.5x")
    }
    if number.isRatio, number.ratio.tenThousandths > 10_000_000 { throw error(start, "a ratio above 1000x") }
    return (number.ratio, number.isRatio)
  }

  private func whole(_ ratio: Grid.Ratio) -> Int { ratio.tenThousandths / 10_000 }

  private func single(_ ratio: Grid.Ratio) -> Grid.Axis.Item {
    .values(from: whole(ratio), through: whole(ratio), by: 1)
  }
}
