/// A number of bytes. Printed in binary units, as `MiB` and `GiB`.
public struct Bytes: Sendable, Hashable, Comparable, Codable {
  /// The number of bytes.
  public var count: Int

  /// A number of bytes.
  public init(_ count: Int) { self.count = count }

  /// `value` gibibytes, rounded down to a whole byte.
  public static func gibibytes(_ value: Double) -> Bytes { Bytes(Int(value * 1_073_741_824)) }

  /// A number of bytes that was calculated, rounded towards zero; the nearest representable count if it is beyond that.
  package init(saturating value: Double) {
    count = Int(exactly: value.rounded(.towardZero)) ?? (value > 0 ? .max : value < 0 ? .min : 0)
  }

  /// No bytes.
  public static let zero = Bytes(0)

  /// This many bytes in gibibytes (2^30 bytes).
  public var gibibytes: Double { Double(count) / 1_073_741_824 }

  /// Whether `a` is fewer bytes than `b`.
  public static func < (a: Bytes, b: Bytes) -> Bool { a.count < b.count }
  /// The sum, saturating at the largest representable count.
  public static func + (a: Bytes, b: Bytes) -> Bytes {
    let (sum, overflow) = a.count.addingReportingOverflow(b.count)
    return Bytes(overflow ? (a.count > 0 ? .max : .min) : sum)
  }
  /// The difference, saturating at the ends of the representable range.
  public static func - (a: Bytes, b: Bytes) -> Bytes {
    let (difference, overflow) = a.count.subtractingReportingOverflow(b.count)
    return Bytes(overflow ? (a.count > 0 ? .max : .min) : difference)
  }
  /// Adds in place.
  public static func += (a: inout Bytes, b: Bytes) { a = a + b }

  /// Decodes a plain number.
  public init(from decoder: any Decoder) throws { count = try decoder.singleValueContainer().decode(Int.self) }
  /// Encodes as a plain number.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(count)
  }
}

extension Bytes: CustomStringConvertible {
  /// The count in the largest binary unit in which it is at least one: `14.10 GiB`, `712 B`.
  public var description: String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var value = Double(count.magnitude)
    if value < 1024 { return "\(count) B" }
    var unit = -1
    while value >= 1023.995, unit + 1 < units.count {
      value /= 1024
      unit += 1
    }
    return (count < 0 ? "-" : "") + fixed(value, digits: 2) + " " + units[unit]
  }
}

/// A number of floating-point operations; a multiply-add counts two.
public struct FLOPs: Sendable, Hashable, Comparable, Codable {
  /// The number of operations.
  public var count: Double

  /// A number of operations.
  public init(_ count: Double) { self.count = count }

  /// 10^9 operations.
  public var giga: Double { count / 1e9 }

  /// Whether `a` is fewer operations than `b`.
  public static func < (a: FLOPs, b: FLOPs) -> Bool { a.count < b.count }

  /// Decodes a plain number.
  public init(from decoder: any Decoder) throws { count = try decoder.singleValueContainer().decode(Double.self) }
  /// Encodes as a plain number.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(count)
  }
}

/// A duration in seconds.
public struct Seconds: Sendable, Hashable, Comparable, Codable {
  /// The number of seconds.
  public var value: Double

  /// A number of seconds.
  public init(_ value: Double) { self.value = value }

  /// Whether `a` is a shorter duration than `b`.
  public static func < (a: Seconds, b: Seconds) -> Bool { a.value < b.value }

  /// Decodes a plain number.
  public init(from decoder: any Decoder) throws { value = try decoder.singleValueContainer().decode(Double.self) }
  /// Encodes as a plain number.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}

extension Seconds: CustomStringConvertible {
  /// Three significant digits in s, ms or µs: `1.25 s`, `645 ms`.
  public var description: String {
    let (scaled, unit) = value >= 1 ? (value, "s") : value >= 1e-3 ? (value * 1e3, "ms") : (value * 1e6, "µs")
    return fixed(scaled, digits: scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2) + " " + unit
  }
}

/// `value` with exactly `digits` digits after the point, without Foundation.
///
/// Values beyond 10^15 are printed without digits after the point; NaN and infinities by their names.
public func fixed(_ value: Double, digits: Int) -> String {
  guard value.isFinite else { return "\(value)" }
  let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
  let scaled = (value.magnitude * scale).rounded()
  guard scaled < 1e18 else { return "\(value)" }
  let whole = UInt64(scaled)
  let sign = value < 0 && whole > 0 ? "-" : ""
  guard digits > 0 else { return sign + String(whole) }
  let fraction = String(whole % UInt64(scale))
  return sign + String(whole / UInt64(scale)) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
}
