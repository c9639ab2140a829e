#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Whether there are colours: as the terminal and the environment say, or as a person says.
public enum ColorChoice: String, Sendable, Hashable, CaseIterable {
  /// On a terminal that has them, unless the environment says otherwise.
  case auto
  /// Always.
  case always
  /// Never.
  case never
}

/// What the place where text goes can show.
public struct Terminal: Sendable, Hashable {
  /// How many colours there are.
  public enum ColorDepth: Sendable, Hashable {
    /// No control sequences at all.
    case none
    /// 256 colours.
    case indexed
    /// 24 bits.
    case exact
  }

  /// Columns.
  public var columns: Int
  /// Lines; nil where text only scrolls by.
  public var lines: Int?
  /// Colours.
  public var colorDepth: ColorDepth
  /// Whether it shows more than ASCII.
  public var isUnicode: Bool
  /// Whether a person looks at it while it is written.
  public var isInteractive: Bool
  /// Whether a line longer than `columns` is broken or cut: on a terminal, and wherever `COLUMNS` asks for a width.
  public var isNarrow: Bool

  /// A terminal from its properties.
  public init(
    columns: Int = 100, lines: Int? = nil, colorDepth: ColorDepth = .none, isUnicode: Bool = true,
    isInteractive: Bool = false, isNarrow: Bool? = nil
  ) {
    self.columns = columns
    self.lines = lines
    self.colorDepth = colorDepth
    self.isUnicode = isUnicode
    self.isInteractive = isInteractive
    self.isNarrow = isNarrow ?? isInteractive
  }

  /// A file or a pipe: 100 columns, no colours, UTF-8.
  public static let plain = Terminal()

  /// What the environment says of a descriptor that is a terminal of `size`, or is none (`size` nil, not a terminal).
  ///
  /// A command line's `color` wins. Else `NO_COLOR` (any text) and `TERM=dumb` turn colours off, `CLICOLOR_FORCE` or `FORCE_COLOR`
  /// (any but `0`) turns them on without a terminal; `NO_COLOR` wins. `COLORTERM=truecolor` or `24bit` gives exact colours.
  ///
  /// A terminal has its own width, a file or a pipe 100 columns; `COLUMNS` overrides both, and nothing else changes the width. The
  /// locale (`LC_ALL`, else `LC_CTYPE`, else `LANG`) tells whether the terminal shows UTF-8; a file always takes UTF-8.
  ///
  /// Source: no-color.org; force-color.org; bixense.com/clicolors; POSIX.1-2024 Base Definitions, section 8.2.
  public init(
    environment: [String: String], isTerminal: Bool, size: (columns: Int, lines: Int)? = nil, color: ColorChoice = .auto
  ) {
    func text(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let dumb = environment["TERM"] == "dumb"
    let forced = ["CLICOLOR_FORCE", "FORCE_COLOR"].contains { text($0).map { $0 != "0" } ?? false }
    let colors =
      switch color {
      case .auto: text("NO_COLOR") == nil && (forced || (isTerminal && !dumb))
      case .always: true
      case .never: false
      }
    let exact = ["truecolor", "24bit"].contains(text("COLORTERM")?.lowercased())
    let locale = text("LC_ALL") ?? text("LC_CTYPE") ?? text("LANG") ?? ""
    let utf8 = locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
    let asked = text("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    let width = asked ?? size?.columns
    columns = min(max(width.flatMap { $0 > 0 ? $0 : nil } ?? (isTerminal ? 80 : 100), 20), 1000)
    lines = isTerminal ? size.flatMap { $0.lines > 0 ? $0.lines : nil } : nil
    colorDepth = colors ? (exact ? .exact : .indexed) : .none
    isUnicode = utf8 || !isTerminal
    isInteractive = isTerminal && !dumb
    isNarrow = isTerminal || asked != nil
  }

  /// Looks at a file descriptor, such as 1 for standard output or 2 for standard error.
  public static func detect(
    _ descriptor: Int32, environment: [String: String], color: ColorChoice = .auto
  ) -> Terminal {
    var size = winsize()
    let isTerminal = isatty(descriptor) == 1
    let known = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return Terminal(
      environment: environment, isTerminal: isTerminal,
      size: known ? (columns: Int(size.ws_col), lines: Int(size.ws_row)) : nil, color: color)
  }

  /// Running text as lines, each ended by a line break. A line that is too long breaks at a blank, and goes on as far in as it
  /// began.
  public func lines(of text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).reduce(into: "") { result, line in
      guard isNarrow, line.count > columns else { return result += line + "\n" }
      let indent = line.prefix { $0 == " " }
      var part = String(indent), isEmpty = true
      for word in line.dropFirst(indent.count).split(separator: " ", omittingEmptySubsequences: false) {
        if !isEmpty, part.count + 1 + word.count > columns {
          result += part + "\n"
          (part, isEmpty) = (String(indent), true)
        }
        if isEmpty, word.isEmpty { continue }
        part += (isEmpty ? "" : " ") + word
        isEmpty = false
      }
      result += part + "\n"
    }
  }
}
