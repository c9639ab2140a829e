/// `text` with every character that a terminal obeys, or that nobody sees, written as an escape: control characters (the escape
/// that begins a sequence among them), line breaks, marks that turn the direction of writing, what has no width. `\u{1b}[2J`.
///
/// Names, notes and messages come from files, and what shows them must not be moved by them, nor show what is not there.
/// Source: Unicode 16.0, general categories (UAX 44, table 12); "Trojan Source", arXiv 2111.00169.
public func visible(_ text: String) -> String {
  // Nearly everything is plain ASCII.
  guard text.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F }), !text.unicodeScalars.allSatisfy(\.isVisible) else {
    return text
  }
  var result = ""
  for scalar in text.unicodeScalars { result.append(visible: scalar) }
  return result
}

extension Unicode.Scalar {
  /// Whether it stands for something to be seen where it stands.
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
  /// Appends a character, or the escape that stands for it: `\u{202e}`.
  mutating func append(visible scalar: Unicode.Scalar) {
    if scalar.isVisible {
      unicodeScalars.append(scalar)
    } else {
      self += "\\u{" + String(scalar.value, radix: 16) + "}"
    }
  }
}
