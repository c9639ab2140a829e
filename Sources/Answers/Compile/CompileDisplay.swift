import Compilation
import Evidence
import Reporting

/// Shows compiles while they run: those that run and the time left. On a terminal it is redrawn in place; elsewhere
/// there is a line for each compile and one every half minute.
package struct CompileDisplay: CompileObserver {
  private var compiles: CompilesUnderWay
  private let isShown: Bool
  private let isOne: Bool
  private let map: (Terminal) -> String
  private let terminal: Terminal
  private let remark: @Sendable (String) -> Void
  private var block: LiveBlock
  private var lastLine = ContinuousClock.now
  private let start = ContinuousClock.now

  /// Seconds between two lines where nothing can be redrawn.
  private static let interval = 30.0

  /// A display of `total` tasks, `jobs` at a time, below a map that grows.
  ///
  /// - Parameters:
  ///   - terminal: where it is drawn.
  ///   - remark: receives the lines of the log.
  package init(
    total: Int, jobs: Int, on terminal: Terminal, remark: @escaping @Sendable (String) -> Void, isShown: Bool = true,
    map: @escaping (Terminal) -> String = { _ in "" }
  ) {
    self.terminal = terminal
    self.remark = remark
    compiles = CompilesUnderWay(total: total, jobs: jobs)
    self.isShown = isShown
    isOne = total == 1
    self.map = map
    block = LiveBlock(terminal: terminal)
  }

  package mutating func expect(_ index: Int, weight: Double, mode: CompileMode) {
    compiles.expect(index, weight: weight, mode: mode)
  }

  package mutating func begin(_ index: Int, _ title: String, weight: Double, mode: CompileMode) {
    compiles.begin(index, title, weight: weight, mode: mode, at: .now)
  }

  package mutating func hear(_ index: Int, _ progress: CompileProgress) { compiles.hear(index, progress) }

  package mutating func finish(_ index: Int, seconds: Double?) { compiles.finish(index, seconds: seconds) }

  /// Handles the end of a task: `summary` is a line for the log; nil if its answer is enough.
  package mutating func conclude(_ summary: String?, isFailure: Bool = false) {
    compiles.conclude()
    guard let summary, isShown, !isOne else { return }
    if terminal.isInteractive, !isFailure { return }
    block.clear()
    remark(terminal.isInteractive ? summary : "\(compiles.count)  \(summary)\(compiles.timeLeft(at: .now))")
    lastLine = .now
  }

  /// Shows what there is to show.
  package mutating func tick() {
    let now = ContinuousClock.now
    guard isShown, !compiles.isIdle, (now - start) / .seconds(1) >= ProgressReporter.patience else { return }
    let lines = compiles.lines(at: now, width: max(20, terminal.isInteractive ? terminal.columns - 1 : 200))
    if terminal.isInteractive {
      block.draw(map(terminal) + lines.joined(separator: "\n"))
    } else if (now - lastLine) / .seconds(1) >= Self.interval {
      lastLine = now
      for line in lines { remark(line) }
    }
  }

  /// Removes what was drawn, so that later output starts clean.
  package mutating func clear() { block.clear() }

  package mutating func end() { clear() }
}
