import Foundation
import VisionTransformer

/// A place in a line.
struct LineScan {
  let bytes: UnsafeRawBufferPointer
  var place = 0

  /// Whether `text` is next, which is then passed.
  mutating func pass(_ text: StaticString) -> Bool {
    guard bytes.has(text, at: place) else { return false }
    place += text.utf8CodeUnitCount
    return true
  }

  /// What comes before `text`, to which the place moves.
  ///
  /// - Parameter guess: what came there in the line before, which needs no search.
  mutating func text(until text: StaticString, guess: [UInt8]) -> UnsafeRawBufferPointer? {
    let guessed = place + guess.count
    let isGuessed = bytes.has(guess, at: place) && bytes.has(text, at: guessed)
    guard let next = isGuessed ? guessed : bytes.place(of: text, from: place) else { return nil }
    defer { place = next }
    return UnsafeRawBufferPointer(rebasing: bytes[place..<next])
  }

  /// All that is left but `end`, with which the line ends.
  func rest(before end: StaticString) -> UnsafeRawBufferPointer? {
    let last = bytes.count - end.utf8CodeUnitCount
    guard place <= last, bytes.has(end, at: last) else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes[place..<last])
  }

  /// A whole number of up to 18 digits.
  mutating func integer() -> Int? {
    let isNegative = pass("-"), start = place
    guard let value = digits() else { return nil }
    // JSON has neither leading zeros nor, as a whole number, a negative one.
    guard place - start <= 18, value != 0 || (place - start == 1 && !isNegative),
      bytes[start] != Self.zero || value == 0
    else { return nil }
    return isNegative ? -Int(value) : Int(value)
  }

  /// A number.
  ///
  /// Source: RFC 8259, section 6. Up to 2^53 and 10^22 a quotient of two doubles is exact (W. D. Clinger: How to read floating
  /// point numbers accurately, 1990); all others are strtod(3)'s.
  mutating func number() -> Double? {
    let start = place, isNegative = pass("-"), first = place
    guard let whole = digits(), bytes[first] != Self.zero || place - first == 1 else { return nil }
    var mantissa = whole, decimals = 0, digitCount = place - first
    if pass(".") {
      let point = place
      guard let fraction = digits() else { return nil }
      decimals = place - point
      digitCount += decimals
      if digitCount <= 18 { mantissa = whole * Self.powers[decimals] + fraction }
    }
    if pass("e") || pass("E") {
      if !pass("-") { _ = pass("+") }
      guard digits() != nil else { return nil }
      digitCount = .max
    }
    // Something that is no digit ends it, so that strtod stays within the line.
    guard place < bytes.count, let base = bytes.baseAddress else { return nil }
    if digitCount <= 18, mantissa <= 1 << 53 {
      let value = Double(mantissa) / Double(Self.powers[decimals])
      return isNegative ? -value : value
    }
    let value = strtod((base + start).assumingMemoryBound(to: CChar.self), nil)
    return value.isFinite ? value : nil
  }

  /// A value, or null as nil; nil within nil for neither.
  mutating func optional<Value>(_ read: (inout Self) -> Value?) -> Value?? {
    if pass("null") { return .some(nil) }
    guard let value = read(&self) else { return nil }
    return .some(value)
  }

  /// A word up to its closing quote, which is passed.
  mutating func choice<Choice: CaseIterable & RawRepresentable>(_ type: Choice.Type) -> Choice?
  where Choice.RawValue == String {
    for choice in Choice.allCases {
      let word = choice.rawValue.utf8
      guard place + word.count < bytes.count, bytes[place + word.count] == UInt8(ascii: "\""),
        bytes[place..<(place + word.count)].elementsEqual(word)
      else { continue }
      place += word.count + 1
      return choice
    }
    return nil
  }

  private static let zero = UInt8(ascii: "0")
  private static let powers: [UInt64] = (0...18).map { (0..<$0).reduce(1) { power, _ in power * 10 } }

  /// One digit or more; of more than 18 the value is none that is meant.
  private mutating func digits() -> UInt64? {
    let start = place
    var value: UInt64 = 0
    while place < bytes.count, case let digit = bytes[place] &- Self.zero, digit < 10 {
      value = value &* 10 &+ UInt64(digit)
      place += 1
    }
    return place == start ? nil : value
  }
}

extension UnsafeRawBufferPointer {
  /// Whether `text` stands at `place`.
  func has(_ text: StaticString, at place: Int) -> Bool {
    let count = text.utf8CodeUnitCount
    guard place >= 0, place + count <= self.count, let base = baseAddress else { return false }
    return memcmp(base + place, text.utf8Start, count) == 0
  }

  /// Whether `text` stands at `place`.
  func has(_ text: [UInt8], at place: Int) -> Bool {
    guard place >= 0, place + text.count <= count, let base = baseAddress else { return false }
    return memcmp(base + place, text, text.count) == 0
  }

  /// Where `text` first stands, at or after `start`.
  func place(of text: StaticString, from start: Int = 0) -> Int? {
    guard let base = baseAddress else { return nil }
    var place = start
    while place < count, let found = memchr(base + place, Int32(text.utf8Start.pointee), count - place) {
      place = UnsafeRawPointer(found) - base
      if has(text, at: place) { return place }
      place += 1
    }
    return nil
  }
}
