#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

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

  /// A terminal from its properties.
  public init(
    columns: Int = 100, lines: Int? = nil, colorDepth: ColorDepth = .none, isUnicode: Bool = true,
    isInteractive: Bool = false
  ) {
    self.columns = columns
    self.lines = lines
    self.colorDepth = colorDepth
    self.isUnicode = isUnicode
    self.isInteractive = isInteractive
  }

  /// A file or a pipe: 100 columns, no colours, UTF-8.
  public static let plain = Terminal()

  /// What the environment says of a descriptor that is a terminal of `size`, or is none (`size` nil, not a terminal).
  ///
  /// `NO_COLOR` (any text) and `TERM=dumb` turn colours off, `CLICOLOR_FORCE` (any but `0`) turns them on without a terminal;
  /// `NO_COLOR` wins. `COLORTERM=truecolor` or `24bit` gives exact colours. `COLUMNS` overrides the width. The locale
  /// (`LC_ALL`, else `LC_CTYPE`, else `LANG`) tells whether the terminal shows UTF-8; a file always takes UTF-8.
  ///
  /// Source: no-color.org; bixense.com/clicolors; POSIX.1-2024 Base Definitions, section 8.2.
  public init(environment: [String: String], isTerminal: Bool, size: (columns: Int, lines: Int)? = nil) {
    func text(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let dumb = environment["TERM"] == "dumb"
    let forced = text("CLICOLOR_FORCE").map { $0 != "0" } ?? false
    let colors = text("NO_COLOR") == nil && (forced || (isTerminal && !dumb))
    let exact = ["truecolor", "24bit"].contains(text("COLORTERM")?.lowercased())
    let locale = text("LC_ALL") ?? text("LC_CTYPE") ?? text("LANG") ?? ""
    let utf8 = locale.uppercased().contains("UTF-8") || locale.uppercased().contains("UTF8")
    let width = text("COLUMNS").flatMap { Int($0) } ?? size?.columns
    columns = min(max(width.flatMap { $0 > 0 ? $0 : nil } ?? (isTerminal ? 80 : 100), 20), 1000)
    lines = isTerminal ? size.flatMap { $0.lines > 0 ? $0.lines : nil } : nil
    colorDepth = colors ? (exact ? .exact : .indexed) : .none
    isUnicode = utf8 || !isTerminal
    isInteractive = isTerminal && !dumb
  }

  /// Looks at a file descriptor, such as 1 for standard output or 2 for standard error.
  public static func detect(_ descriptor: Int32, environment: [String: String]) -> Terminal {
    var size = winsize()
    let isTerminal = isatty(descriptor) == 1
    let known = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return Terminal(
      environment: environment, isTerminal: isTerminal,
      size: known ? (columns: Int(size.ws_col), lines: Int(size.ws_row)) : nil)
  }
}
