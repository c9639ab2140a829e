import VisionTransformer

/// Text with styled stretches; on a terminal without colours, plain text.
///
/// Its text is always visible: anything from files or the command line goes through `visible(_:)` on its way in, so
/// that columns are counted as shown.
public struct Styled: Sendable, Hashable, ExpressibleByStringLiteral {
  /// One stretch of one style.
  public struct Span: Sendable, Hashable {
    /// The text.
    public fileprivate(set) var text: String
    /// Its style.
    public fileprivate(set) var style: Style
  }

  /// The stretches from left to right.
  public private(set) var spans: [Span]

  /// Text of one style.
  public init(_ text: String, _ style: Style = .plain) {
    spans = text.isEmpty ? [] : [Span(text: visible(text), style: style)]
  }

  /// Plain text.
  public init(stringLiteral value: String) { self.init(value) }

  /// The text without its styles.
  public var plain: String { spans.map(\.text).joined() }

  /// Columns it takes on a terminal.
  public var columns: Int { spans.reduce(0) { $0 + $1.text.count } }

  /// Concatenation.
  public static func + (a: Styled, b: Styled) -> Styled {
    var result = a
    result += b
    return result
  }

  /// Appends; adjacent stretches of the same style are merged.
  public static func += (a: inout Styled, b: Styled) {
    for span in b.spans {
      if let last = a.spans.last, last.style == span.style {
        a.spans[a.spans.count - 1].text += span.text
      } else {
        a.spans.append(span)
      }
    }
  }

  /// The text with every plain stretch in `style`.
  public func styled(_ style: Style) -> Styled {
    var result = self
    for index in result.spans.indices where result.spans[index].style == .plain { result.spans[index].style = style }
    return result
  }

  /// The text padded with blanks to `width` columns.
  public func padded(to width: Int, _ alignment: Alignment = .left) -> Styled {
    let missing = width - columns
    guard missing > 0 else { return self }
    let blanks = Styled(String(repeating: " ", count: missing))
    return alignment == .left ? self + blanks : blanks + self
  }

  /// The text cut to `width` columns, ending in an ellipsis if something is missing.
  public func truncated(to width: Int) -> Styled {
    guard columns > width else { return self }
    guard width > 0 else { return "" }
    var result = Styled("")
    var room = width - 1
    for span in spans where room > 0 {
      let text = String(span.text.prefix(room))
      room -= text.count
      result += Styled(text, span.style)
    }
    return result + "…"
  }

  /// The text in lines of at most `width` columns, broken at blanks; a longer word is not broken.
  public func wrapped(to width: Int) -> [Styled] {
    guard columns > width else { return [self] }
    var lines: [Styled] = []
    var line = Styled(""), word = Styled("")
    func end(_ line: inout Styled, _ word: inout Styled, _ lines: inout [Styled]) {
      if line.columns > 0, line.columns + 1 + word.columns > width {
        lines.append(line)
        line = word
      } else {
        line += line.columns > 0 ? Styled(" ", word.spans.first?.style ?? .plain) + word : word
      }
      word = ""
    }
    for span in spans {
      for (index, part) in span.text.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
        if index > 0, word.columns > 0 { end(&line, &word, &lines) }
        word += Styled(String(part), span.style)
      }
    }
    if word.columns > 0 { end(&line, &word, &lines) }
    return lines + (line.columns > 0 ? [line] : [])
  }

  /// The text with the control sequences of `terminal`, if it has any; as plain ASCII if it supports no more.
  public func rendered(for terminal: Terminal) -> String {
    var result = ""
    for span in spans {
      let text = terminal.isUnicode ? span.text : ascii(span.text)
      let sequence = span.style.sequence(terminal.colorDepth)
      result += sequence.isEmpty ? text : sequence + text + "\u{1B}[0m"
    }
    return result
  }
}

/// The side of a column that a text is aligned to.
public enum Alignment: Sendable, Hashable {
  /// Words.
  case left
  /// Numbers.
  case right
}

extension [Styled] {
  /// The lines for `terminal`, each ended by a line break, without trailing blanks.
  public func rendered(for terminal: Terminal) -> String {
    var result = ""
    for line in self {
      var text = line.rendered(for: terminal)
      while text.last == " " { text.removeLast() }
      result += text + "\n"
    }
    return result
  }
}

/// `text` with each non-ASCII character replaced by a similar one, so that columns keep their positions.
func ascii(_ text: String) -> String {
  guard !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
  return String(
    text.map { character in
      guard !character.isASCII else { return character }
      return switch character {
      case "─", "–", "—", "−", "┄", "╌": "-"
      case "│", "┊", "┤", "├", "╎": "|"
      case "└", "┴", "┬", "┼", "┘", "┌", "┐": "+"
      case "µ", "μ": "u"
      case "×": "x"
      case "·", "…": "."
      case "≤": "<"
      case "≥": ">"
      case "≈": "~"
      case "→": ">"
      case "▲": "^"
      case "▼": "v"
      case "█", "▉", "▊", "▋", "▌", "▇", "■", "▆", "▅", "▄", "▀": "#"
      default: "?"
      }
    })
}
