import Reporting
import VisionTransformer

/// Shows a sweep while it runs: on a terminal, a map and a line of progress that are redrawn in place; elsewhere, a
/// line for each trial.
package struct SweepDisplay: TrialObserver {
  private var progress: SweepProgress
  private let terminal: Terminal
  private let total: Int
  private let isShown: Bool
  private let remark: @Sendable (String) -> Void
  private var block: LiveBlock
  private let start = ContinuousClock.now
  private var done = 0
  private var lastDrawn: Double?

  /// Seconds between two drawings.
  private static let interval = 0.1

  /// A display of `total` trials.
  ///
  /// - Parameters:
  ///   - terminal: where it is drawn.
  ///   - remark: receives the lines of the log.
  package init(
    _ progress: SweepProgress, total: Int, on terminal: Terminal, remark: @escaping @Sendable (String) -> Void,
    isShown: Bool
  ) {
    self.progress = progress
    self.total = total
    self.isShown = isShown
    self.terminal = terminal
    self.remark = remark
    block = LiveBlock(terminal: terminal)
  }

  /// Announces the sweep.
  package func announce(_ title: String, known: Int, worker: String) {
    remark(
      "\(title): \(counted(total, "configuration"))" + (known > 0 ? ", \(grouped(known)) of them known already" : "")
        + "; measured with \(worker)")
  }

  /// Handles the start of a trial.
  package mutating func begin(_ configuration: Configuration, _ map: (Terminal) -> String) {
    draw(map, now: "now \(configuration.title)")
  }

  /// Handles the end of a trial.
  package mutating func finish(_ index: Int, _ row: SweepRow, wall: Double, map: (Terminal) -> String) {
    done += 1
    progress.finish(index, step: row.input?.result.stepSeconds?.value, wall: wall)
    guard isShown else { return }
    if terminal.isInteractive {
      if row.failure != nil {
        block.clear()
        remark(row.summary)
      }
    } else {
      let left = progress.secondsLeft.map { "  " + SweepProgress.clock($0) + " left" } ?? ""
      remark("\(grouped(done)) of \(grouped(total))  \(row.summary)\(left)")
    }
  }

  /// Removes what was drawn, so that later output starts clean.
  package mutating func end() { block.clear() }

  private mutating func draw(_ map: (Terminal) -> String, now text: String) {
    guard isShown, terminal.isInteractive else { return }
    let now = (ContinuousClock.now - start) / .seconds(1)
    if let lastDrawn, now - lastDrawn < Self.interval { return }
    lastDrawn = now
    let line = progress.draw(now: now, width: terminal.columns - 1, isUnicode: terminal.isUnicode)
    block.draw(map(terminal) + line + "\n" + String(text.prefix(max(0, terminal.columns - 1))))
  }
}
