/// A decimal number exactly as written, digit by digit.
///
/// A double is exact only for whole numbers up to 2^53, and reads 8.00000000000000000001 as 8. This type decides
/// whether a number from outside is whole, and which whole number it is.
public struct DecimalNumber: Sendable, Hashable {
  /// Whether the number has a minus sign.
  public let isNegative: Bool
  /// Significant digits, 0 to 9, without zeros at either end; empty for zero.
  private let digits: [UInt8]
  /// The power of ten that the digits are multiplied by.
  private let exponent: Int

  /// Largest exponent that is tracked: beyond it the number is either huge or practically zero.
  private static let largestExponent = 1 << 40

  /// Reads `8`, `-1.5`, `.5`, `1e6`, `2.5E-3`; nil for any other text.
  public init?(_ text: some Collection<UInt8>) {
    var rest = text[...]
    func take(_ bytes: UInt8...) -> UInt8? {
      guard let first = rest.first, bytes.contains(first) else { return nil }
      rest = rest.dropFirst()
      return first
    }
    func number() -> [UInt8] {
      let run = rest.prefix { (0x30...0x39).contains($0) }
      rest = rest[run.endIndex...]
      return run.map { $0 - 0x30 }
    }
    isNegative = take(UInt8(ascii: "-"), UInt8(ascii: "+")) == UInt8(ascii: "-")
    var digits = number()
    var exponent = 0
    if take(UInt8(ascii: ".")) != nil {
      let fraction = number()
      digits += fraction
      exponent = -fraction.count
    }
    guard !digits.isEmpty else { return nil }
    if take(UInt8(ascii: "e"), UInt8(ascii: "E")) != nil {
      let isDown = take(UInt8(ascii: "-"), UInt8(ascii: "+")) == UInt8(ascii: "-")
      let power = number()
      guard !power.isEmpty else { return nil }
      let size = power.reduce(0) { min(Self.largestExponent, $0 * 10 + Int($1)) }
      exponent += isDown ? -size : size
    }
    guard rest.isEmpty else { return nil }
    while digits.last == 0 {
      digits.removeLast()
      exponent += 1
    }
    self.digits = Array(digits.drop { $0 == 0 })
    self.exponent = self.digits.isEmpty ? 0 : exponent
  }

  /// Reads a text; see `init(_:)` over bytes.
  public init?(_ text: some StringProtocol) { self.init(Array(text.utf8)) }

  /// Whether every digit after the decimal point is zero.
  public var isWhole: Bool { exponent >= 0 }

  /// The number itself; nil if it is not whole or does not fit an `Int`.
  public var integer: Int? {
    guard isWhole, digits.count + exponent <= 19 else { return nil }
    var value = 0
    for digit in digits + Array(repeating: 0, count: exponent) {
      let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      // Negative numbers are accumulated downwards, because `Int.min` has no positive counterpart.
      let (sum, overflows) =
        isNegative
        ? product.subtractingReportingOverflow(Int(digit)) : product.addingReportingOverflow(Int(digit))
      guard !isTooLarge, !overflows else { return nil }
      value = sum
    }
    return value
  }

  /// The largest whole number not above `scale` times this, for scales up to 2^60; nil for negative numbers and for
  /// results that do not fit an `Int`. Only the first 24 digits count, or the first 19 for a scale above 2^40.
  public func floor(times scale: Int) -> Int? {
    guard !isNegative || digits.isEmpty, (1...1 << 60).contains(scale), digits.count + exponent <= 19 else {
      return nil
    }
    let kept = digits.prefix(scale > 1 << 40 ? 19 : 24)
    var power = exponent + digits.count - kept.count
    // Below 10^24 * 2^40, or 10^19 * 2^60, and so below 2^124.
    var value = kept.reduce(UInt128(0)) { $0 * 10 + UInt128(scale) * UInt128($1) }
    while power < 0, value > 0 {
      value /= 10
      power += 1
    }
    while power > 0 {
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      guard !overflows else { return nil }
      value = product
      power -= 1
    }
    return Int(exactly: value)
  }
}

extension LooseValue {
  /// A number from its digits: exact if they are whole; nil if they are not a number or exceed every double.
  public init?(digits text: some StringProtocol) {
    guard let number = DecimalNumber(text) else { return nil }
    if let value = number.integer {
      self = .integer(value)
    } else if let value = Double(text), value.isFinite {
      self = .number(value, written: DecimalNumber(value.description) == number ? nil : String(text))
    } else {
      return nil
    }
  }
}
