/// `text` with every character that controls a terminal or is invisible written as an escape, such as `\u{1b}[2J`:
/// control characters (including the escape that begins a sequence), line breaks, marks that change the writing
/// direction, and characters without width.
///
/// Names, notes and messages come from files; they must not control the terminal that shows them, nor hide or fake
/// text.
/// Source: Unicode 16.0, general categories (UAX 44, table 12); "Trojan Source", arXiv 2111.00169.
public func visible(_ text: String) -> String {
  // Fast path: nearly all text is plain ASCII.
  guard text.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F }), !text.unicodeScalars.allSatisfy(\.isVisible) else {
    return text
  }
  var result = ""
  for scalar in text.unicodeScalars { result.append(visible: scalar) }
  return result
}

extension Unicode.Scalar {
  /// Whether the character is seen where it is written.
  public var isVisible: Bool {
    switch value {
    case 0x20...0x7E, 0x00AE...0x02FF, 0x2190...0x23FF, 0x2500...0x25FF: return true
    case 0x00...0x1F, 0x7F...0x9F: return false
    default: break
    }
    return switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: false
    default: true
    }
  }
}

extension String {
  /// Appends a character, or its escape if it is not visible: `\u{202e}`.
  mutating func append(visible scalar: Unicode.Scalar) {
    if scalar.isVisible {
      unicodeScalars.append(scalar)
    } else {
      self += "\\u{" + String(scalar.value, radix: 16) + "}"
    }
  }
}
