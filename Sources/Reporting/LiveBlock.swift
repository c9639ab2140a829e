/// Some lines at the bottom of a terminal that are drawn over themselves as they change.
public struct LiveBlock {
  private let terminal: Terminal
  private let sink: any ByteSink
  private var drawn = 0

  /// A block; nothing is drawn where `terminal` is not interactive.
  public init(terminal: Terminal, to sink: any ByteSink = FileDescriptorSink.standardError) {
    self.terminal = terminal
    self.sink = sink
  }

  /// Draws `text` in the place of what was drawn before, as many of its lines as the terminal has, the last ones.
  public mutating func draw(_ text: String) {
    guard terminal.isInteractive else { return }
    var lines = shown(text).split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    // A line of the screen stays free: what scrolls out cannot be drawn over.
    lines = lines.suffix(max(1, (terminal.lines ?? 24) - 1))
    write(Self.back(drawn) + lines.joined(separator: "\n"))
    drawn = lines.count
  }

  /// Removes the block, so that what follows starts clean.
  public mutating func clear() {
    guard drawn > 0 else { return }
    write(Self.back(drawn))
    drawn = 0
  }

  /// To the first column of the first of `lines` lines, everything after it erased.
  ///
  /// Source: ECMA-48, CUU and ED.
  static func back(_ lines: Int) -> String {
    "\r" + (lines > 1 ? "\u{1B}[\(lines - 1)A" : "") + "\u{1B}[J"
  }

  private func write(_ text: String) {
    var sink = sink
    // What cannot be shown must not end the run.
    Array(text.utf8).withUnsafeBytes { try? sink.write($0) }
  }
}
