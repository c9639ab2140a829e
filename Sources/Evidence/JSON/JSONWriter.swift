import VisionTransformer

/// Appends JSON to a byte buffer in the order of the calls, without looking back.
///
/// The last byte written decides about a comma, so that no state is needed: after `{`, `[`, `:` or a line break comes
/// the first element, after anything else the next one. Source: RFC 8259.
public struct JSONWriter: Sendable {
  /// The bytes written so far.
  public private(set) var bytes: [UInt8] = []

  /// An empty writer.
  public init() {}

  /// Discards the bytes but keeps the buffer's capacity.
  public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// The bytes written so far, as text.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Starts an object.
  public mutating func beginObject() {
    separate()
    bytes.append(UInt8(ascii: "{"))
  }
  /// Ends the object.
  public mutating func endObject() { bytes.append(UInt8(ascii: "}")) }
  /// Starts an array.
  public mutating func beginArray() {
    separate()
    bytes.append(UInt8(ascii: "["))
  }
  /// Ends the array.
  public mutating func endArray() { bytes.append(UInt8(ascii: "]")) }

  /// The key of the next value.
  public mutating func key(_ key: String) {
    separate()
    quoted(key)
    bytes.append(UInt8(ascii: ":"))
  }

  /// A key with its bytes made in advance, for objects that are written by the million.
  package struct Key: Sendable {
    let bytes: [UInt8]

    package init(_ name: String) {
      var writer = JSONWriter()
      writer.key(name)
      bytes = writer.bytes
    }
  }

  /// The key of the next value.
  package mutating func key(_ key: Key) {
    separate()
    bytes.append(contentsOf: key.bytes)
  }

  /// `null`.
  public mutating func null() {
    separate()
    raw("null")
  }

  /// `true` or `false`.
  public mutating func boolean(_ value: Bool) {
    separate()
    raw(value ? "true" : "false")
  }

  /// A whole number.
  public mutating func integer(_ value: Int) {
    separate()
    bytes.appendDecimal(value)
  }

  /// A number with the fewest digits that read back to the same double; `null` for NaN and infinities, which JSON lacks.
  public mutating func number(_ value: Double) {
    separate()
    guard value.isFinite else { return raw("null") }
    bytes.appendShortest(value)
  }

  /// Text.
  public mutating func string(_ value: String) {
    separate()
    quoted(value)
  }

  /// A line break between values, such as after a row.
  public mutating func lineBreak() { bytes.append(UInt8(ascii: "\n")) }

  /// A comma and a line break, between the rows of a streamed array.
  public mutating func rowBreak() { raw(",\n") }

  private mutating func separate() {
    switch bytes.last {
    case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"), UInt8(ascii: "\n"): break
    default: bytes.append(UInt8(ascii: ","))
    }
  }

  private mutating func raw(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  private mutating func quoted(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    let isPlain = text.withUTF8 { utf8 in
      guard utf8.contains(where: { Self.needsEscape($0) || $0 >= 0x7F }) else {
        bytes.append(contentsOf: utf8)
        return true
      }
      return false
    }
    if !isPlain { spell(text) }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Writes text with every control character escaped, so that none reaches a terminal; any reader gets the same data.
  private mutating func spell(_ text: String) {
    for scalar in text.unicodeScalars {
      if scalar.isASCII, let byte = UInt8(exactly: scalar.value), byte != 0x7F {
        Self.needsEscape(byte) ? escape(byte) : bytes.append(byte)
      } else if scalar.isVisible {
        bytes.append(contentsOf: String(scalar).utf8)
      } else {
        // Beyond 16 bits, a surrogate pair of two escapes: RFC 8259, section 7.
        for unit in String(scalar).utf16 { escape(unit) }
      }
    }
  }

  private mutating func escape(_ unit: UInt16) {
    raw("\\u")
    let digits = String(unit, radix: 16)
    bytes.append(contentsOf: (String(repeating: "0", count: 4 - digits.count) + digits).utf8)
  }

  private static func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private mutating func escape(_ byte: UInt8) {
    bytes.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
    case 0x08: bytes.append(UInt8(ascii: "b"))
    case 0x09: bytes.append(UInt8(ascii: "t"))
    case 0x0A: bytes.append(UInt8(ascii: "n"))
    case 0x0C: bytes.append(UInt8(ascii: "f"))
    case 0x0D: bytes.append(UInt8(ascii: "r"))
    default:
      let digits: StaticString = "0123456789abcdef"
      raw("u00")
      digits.withUTF8Buffer {
        bytes.append($0[Int(byte >> 4)])
        bytes.append($0[Int(byte & 15)])
      }
    }
  }
}

extension [UInt8] {
  /// Appends the decimal digits of `value`.
  package mutating func appendDecimal(_ value: Int) {
    // 2^64 has twenty digits, plus one for a sign.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 21) { digits in
      var rest = value.magnitude
      var start = 21
      repeat {
        let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
        rest = quotient
      } while rest > 0
      if value < 0 {
        start -= 1
        digits[start] = UInt8(ascii: "-")
      }
      append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
    }
  }

  /// Appends the shortest text that reads back to the same finite double; whole numbers below 2^53 have no decimal
  /// point.
  package mutating func appendShortest(_ value: Double) {
    if value.magnitude < 0x1p53, value == value.rounded(.towardZero), !(value == 0 && value.sign == .minus) {
      appendDecimal(Int(value))
    } else {
      append(contentsOf: value.description.utf8)
    }
  }
}
