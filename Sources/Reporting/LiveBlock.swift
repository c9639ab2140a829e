/// A few lines at the bottom of a terminal that are redrawn in place.
public struct LiveBlock {
  private let terminal: Terminal
  private let sink: any ByteSink
  private var drawn = 0

  /// A block; draws nothing if `terminal` is not interactive.
  public init(terminal: Terminal, to sink: any ByteSink = FileDescriptorSink.standardError) {
    self.terminal = terminal
    self.sink = sink
  }

  /// Draws `text` in place of the previous drawing: its last lines, as many as the terminal has.
  public mutating func draw(_ text: String) {
    guard terminal.isInteractive else { return }
    var lines = shown(text).split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    // One line of the screen is left free: what scrolls out of view cannot be redrawn.
    lines = lines.suffix(max(1, (terminal.lines ?? 24) - 1))
    write(Self.back(drawn) + lines.joined(separator: "\n"))
    drawn = lines.count
  }

  /// Removes the block, so that later output starts clean.
  public mutating func clear() {
    guard drawn > 0 else { return }
    write(Self.back(drawn))
    drawn = 0
  }

  /// Moves to the first column of the first of `lines` lines, and erases everything after it.
  ///
  /// Source: ECMA-48, CUU and ED.
  static func back(_ lines: Int) -> String {
    "\r" + (lines > 1 ? "\u{1B}[\(lines - 1)A" : "") + "\u{1B}[J"
  }

  private func write(_ text: String) {
    var sink = sink
    // A failure to draw must not end the run.
    Array(text.utf8).withUnsafeBytes { try? sink.write($0) }
  }
}
