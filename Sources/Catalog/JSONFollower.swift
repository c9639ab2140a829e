/// Tracks JSON byte by byte, in pieces of any size: whether it is complete, can still become complete, or is broken.
///
/// Accepts more than the parser (words and numbers are any letters and digits), but is always right about where a value
/// ends.
struct JSONFollower: Sendable {
  /// Deepest nesting that it tracks; the parser's limit is the same.
  static let deepest = 32

  private enum Expected: Sendable { case value, valueOrEnd, key, keyOrEnd, colon, commaOrEnd, end }

  private var expected = Expected.value
  private var stack: [UInt8] = []
  private var isInText = false
  private var isEscaped = false
  private var isKey = false
  private var isInWord = false
  /// Number of open lists and objects; once broken, counted from brackets alone.
  private(set) var depth = 0
  /// Whether no continuation can make it valid JSON.
  private(set) var isBroken = false

  /// Whether the bytes so far are one complete value; a number may still continue.
  var isWhole: Bool { !isBroken && !isInText && (expected == .end || (isInWord && stack.isEmpty)) }
  /// Whether a value can begin here.
  var takesValue: Bool { !isBroken && !isInText && !isInWord && (expected == .value || expected == .valueOrEnd) }
  /// Whether commas and brackets are part of a string here.
  var isWithinText: Bool { isInText }

  /// Consumes bytes.
  mutating func take(_ bytes: some Sequence<UInt8>) { for byte in bytes { take(byte) } }

  /// Consumes one byte.
  mutating func take(_ byte: UInt8) {
    if isInText { return takeText(byte) }
    if isInWord {
      if Self.isWord(byte) { return }
      isInWord = false
      endValue()
    }
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D: return
    case UInt8(ascii: "\""):
      isKey = expected == .key || expected == .keyOrEnd
      require(isKey || expected == .value || expected == .valueOrEnd)
      isInText = true
    case UInt8(ascii: "{"), UInt8(ascii: "["): open(byte)
    case UInt8(ascii: "}"): close(UInt8(ascii: "{"), where: expected == .keyOrEnd || expected == .commaOrEnd)
    case UInt8(ascii: "]"): close(UInt8(ascii: "["), where: expected == .valueOrEnd || expected == .commaOrEnd)
    case UInt8(ascii: ":"):
      require(expected == .colon)
      expected = .value
    case UInt8(ascii: ","):
      require(expected == .commaOrEnd)
      expected = stack.last == UInt8(ascii: "{") ? .key : .value
    default:
      require(Self.isWord(byte) && (expected == .value || expected == .valueOrEnd))
      isInWord = !isBroken
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
    default: false
    }
  }

  private mutating func takeText(_ byte: UInt8) {
    switch byte {
    case 0x0A:
      // A string ends at the end of its line, so that an unclosed quote breaks only that line.
      isBroken = true
      isInText = false
    case _ where isEscaped: isEscaped = false
    case UInt8(ascii: "\\"): isEscaped = true
    case UInt8(ascii: "\""):
      isInText = false
      if isKey { expected = .colon } else { endValue() }
    default: return
    }
    if !isInText { isEscaped = false }
  }

  private mutating func require(_ holds: Bool) { if !holds { isBroken = true } }

  private mutating func endValue() { expected = stack.isEmpty ? .end : .commaOrEnd }

  private mutating func open(_ bracket: UInt8) {
    require((expected == .value || expected == .valueOrEnd) && depth < Self.deepest)
    depth += 1
    guard !isBroken else { return }
    stack.append(bracket)
    expected = bracket == UInt8(ascii: "{") ? .keyOrEnd : .valueOrEnd
  }

  private mutating func close(_ bracket: UInt8, where holds: Bool) {
    require(holds && stack.last == bracket)
    depth = max(0, depth - 1)
    guard !isBroken else { return }
    stack.removeLast()
    endValue()
  }
}
