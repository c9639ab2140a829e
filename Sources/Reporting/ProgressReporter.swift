import VisionTransformer

/// Shows a `ProgressLine` during a run: redrawn in place on a terminal, otherwise a plain line every ten seconds;
/// nothing in the first two seconds.
public struct ProgressReporter {
  private var line: ProgressLine
  private let terminal: Terminal
  private let sink: any ByteSink
  private let isSilent: Bool
  private let clock: @Sendable () -> Double
  private var lastDrawn: Double?
  private var isDrawn = false

  /// Nothing is drawn before this many seconds.
  public static let patience = 2.0

  /// Starts the clock.
  ///
  /// - Parameters:
  ///   - terminal: the properties of `sink`: `Terminal.detect(2)`.
  ///   - isSilent: shows nothing at all.
  ///   - clock: seconds; the system's monotonic clock, unless a test provides its own.
  public init(
    _ noun: String, total: Int?, terminal: Terminal, to sink: any ByteSink = FileDescriptorSink.standardError,
    isSilent: Bool = false, clock: (@Sendable () -> Double)? = nil
  ) {
    let origin = ContinuousClock.now
    self.clock =
      clock ?? {
        let (seconds, attoseconds) = (ContinuousClock.now - origin).components
        return Double(seconds) + Double(attoseconds) * 1e-18
      }
    line = ProgressLine(noun, total: total, start: self.clock())
    self.terminal = terminal
    self.sink = sink
    self.isSilent = isSilent
  }

  /// Records how many are done; cheap enough to call every few thousand rows.
  public mutating func update(_ count: Int) {
    let now = clock()
    let interval = terminal.isInteractive ? 0.1 : 10
    guard !isSilent, now - line.start >= Self.patience,
      now - (lastDrawn ?? line.start) >= (lastDrawn == nil ? 0 : interval)
    else { return }
    line.update(count, now: now)
    lastDrawn = now
    let text = shown(line.draw(now: now, width: terminal.columns - 1, isUnicode: terminal.isUnicode))
    isDrawn = true
    write(terminal.isInteractive ? "\r\u{1B}[2K" + text : text + "\n")
  }

  /// Removes the line from a terminal, so that later output starts clean.
  public mutating func finish() {
    if isDrawn, terminal.isInteractive { write("\r\u{1B}[2K") }
    isDrawn = false
  }

  private func write(_ text: String) {
    var sink = sink
    // A failure to show progress must not end the run.
    Array(text.utf8).withUnsafeBytes { try? sink.write($0) }
  }
}
