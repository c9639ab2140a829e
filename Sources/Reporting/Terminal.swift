#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Whether to use colours: decided by the terminal and the environment, or by the user.
public enum ColorChoice: String, Sendable, Hashable, CaseIterable {
  /// On a terminal that supports them, unless the environment says otherwise.
  case auto
  /// Always.
  case always
  /// Never.
  case never
}

/// The capabilities of the destination of text.
public struct Terminal: Sendable, Hashable {
  /// The number of colours.
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
  /// Lines; nil if text just scrolls.
  public var lines: Int?
  /// Colours.
  public var colorDepth: ColorDepth
  /// Whether it shows characters beyond ASCII.
  public var isUnicode: Bool
  /// Whether a person watches as text is written.
  public var isInteractive: Bool
  /// Whether a line longer than `columns` is wrapped or cut: on a terminal, and wherever `COLUMNS` sets a width.
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

  /// The capabilities of a descriptor according to the environment's variables: a terminal of `size`, or not a terminal (`size`
  /// nil).
  ///
  /// The command line's `color` takes precedence. Otherwise `NO_COLOR` (any text) and `TERM=dumb` turn colours off, and
  /// `CLICOLOR_FORCE` or `FORCE_COLOR` (any but `0`) turn them on without a terminal; `NO_COLOR` wins.
  /// `COLORTERM=truecolor` or `24bit` gives exact colours.
  ///
  /// A terminal has its own width, a file or a pipe 100 columns; `COLUMNS` overrides both, and nothing else changes the
  /// width. The locale (`LC_ALL`, otherwise `LC_CTYPE`, otherwise `LANG`) decides whether the terminal shows UTF-8; a
  /// file always does.
  ///
  /// Source: no-color.org; force-color.org; bixense.com/clicolors; POSIX.1-2024 Base Definitions, section 8.2.
  public init(
    variable: (String) -> String?, isTerminal: Bool, size: (columns: Int, lines: Int)? = nil, color: ColorChoice = .auto
  ) {
    func text(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }
    let dumb = text("TERM") == "dumb"
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

  /// The capabilities of a file descriptor, such as 1 for standard output or 2 for standard error, in this process's
  /// environment.
  public static func detect(_ descriptor: Int32, color: ColorChoice = .auto) -> Terminal {
    var size = winsize()
    let isTerminal = isatty(descriptor) == 1
    let known = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return Terminal(
      variable: { name in getenv(name).map { String(cString: $0) } }, isTerminal: isTerminal,
      size: known ? (columns: Int(size.ws_col), lines: Int(size.ws_row)) : nil, color: color)
  }

  /// Wraps running text into lines, each ended by a line break. A line that is too long breaks at a blank and continues
  /// with the same indentation.
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
