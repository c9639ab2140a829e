import VisionTransformer

/// Why a text is not the expected number.
package struct WrittenError: Error, Sendable {
  /// The rule that it breaks, and what to write instead.
  package var rule: String
}

extension Int {
  /// Parses an integer as people write it; numbers that JSON counts as integers, such as `8.0` and `1e3`, are accepted.
  package init(written text: String) throws(WrittenError) {
    guard let number = DecimalNumber(text), number.isWhole else { throw WrittenError(rule: "must be a whole number") }
    guard let value = number.integer else { throw WrittenError(rule: "is too large") }
    self = value
  }

  /// Parses the side of a square in pixels: `16`, `16px`, `16x16`.
  package init(side text: String) throws(WrittenError) { self = try Int(written: inPixels(text)) }
}

extension Double {
  /// Parses a number that may be large, in digits or with a letter for a power of ten: `1.5e9`, `300M`, `1,000`.
  package init(magnitude text: String) throws(WrittenError) {
    let scales: [Character: Double] = ["k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "T": 1e12]
    let scale = text.last.flatMap { scales[$0] }
    let digits = (scale == nil ? text[...] : text.dropLast()).filter { $0 != "," && $0 != "_" }
    guard let value = Double(digits), value.isFinite, value >= 0 else {
      throw WrittenError(rule: "must be a number from 0, such as 24, 300M or 1.5e9")
    }
    self = value * (scale ?? 1)
  }
}

extension Grid.Axis {
  /// Parses integers as people write them, such as `8` or `8, 32` or `8..64 by 8`.
  package init(written text: String) throws(WrittenError) {
    if let plain = ungrouped(text) {
      throw WrittenError(rule: "must be whole numbers: is it one number? write \(plain); a list is written 8, 32")
    }
    guard text.contains(where: { ", ".contains($0) }) || text.contains("..") else {
      self = Grid.Axis([try Int(written: text)])
      return
    }
    do throws(GridSyntaxError) { self = try Grid.Axis(parsing: text) } catch {
      throw WrittenError(rule: "must be whole numbers: \(error)")
    }
    guard !isRelative else { throw WrittenError(rule: "must be whole numbers, not ratios to the width") }
  }

  /// Parses sides of squares in pixels, such as `224` or `224px, 384x384`.
  package init(sides text: String) throws(WrittenError) { self = try Grid.Axis(written: inPixels(text)) }
}

/// `1024` for `1,024`; nil for text that can be a list. No number in a list begins with zero, and underscores only
/// group digits.
private func ungrouped(_ text: String) -> String? {
  if text.wholeMatch(of: /[1-9][0-9]*(_[0-9]+)+/) != nil { return text.filter { $0 != "_" } }
  let groups = text.split(separator: ",", omittingEmptySubsequences: false)
  guard text.wholeMatch(of: /[1-9][0-9]{0,2}(,[0-9]{3})+/) != nil, groups.contains(where: { $0.hasPrefix("0") }) else {
    return nil
  }
  return groups.joined()
}

/// A text with sides of squares converted to whole numbers: `384px` and `384x384` become 384.
///
/// - Throws: `WrittenError` if two sides differ.
private func inPixels(_ text: String) throws(WrittenError) -> String {
  var plain = text.replacing(/([0-9])\s?px\b/.ignoresCase()) { $0.output.1 }
  for match in plain.matches(of: /([0-9]+)\s?[x×]\s?([0-9]+)/.ignoresCase()).reversed() {
    guard match.output.1 == match.output.2 else {
      throw WrittenError(rule: "must be square: images and patches here have one side, such as \(match.output.1)")
    }
    plain.replaceSubrange(match.range, with: match.output.1)
  }
  return plain
}
