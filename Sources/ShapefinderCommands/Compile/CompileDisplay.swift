import Answers
import Compilation
import Evidence
import EvidenceStore
import Reporting
import VisionTransformer

/// What a person sees of compiles on standard error: what runs and how long it will, drawn over on a terminal, else a line a
/// compile and one every half minute.
struct CompileDisplay: CompileObserver {
  /// A compile that runs.
  private struct Running {
    var title: String
    var weight: Double
    var mode: CompileMode
    var start: ContinuousClock.Instant
    var peak: String?
  }

  private let total: Int
  private let jobs: Int
  private let isShown: Bool
  private let map: (Terminal) -> String
  private let terminal = Console.errors
  private var block: LiveBlock
  private var clock = CompileClock()
  private var running: [Int: Running] = [:]
  private var waiting: [Int: (weight: Double, mode: CompileMode)] = [:]
  private var done = 0
  private var lastLine = ContinuousClock.now
  private let start = ContinuousClock.now

  /// Seconds between two lines where nothing can be drawn over.
  private static let interval = 30.0

  /// A display of `total` pieces of work, `jobs` at once, below a map that grows.
  init(total: Int, jobs: Int, isShown: Bool = true, map: @escaping (Terminal) -> String = { _ in "" }) {
    self.total = total
    self.jobs = jobs
    self.isShown = isShown
    self.map = map
    block = LiveBlock(terminal: terminal)
  }

  /// Work that is still to come.
  mutating func expect(_ index: Int, weight: Double, mode: CompileMode) { waiting[index] = (weight, mode) }

  /// A compile begins.
  mutating func begin(_ index: Int, _ title: String, weight: Double, mode: CompileMode) {
    waiting[index] = nil
    running[index] = Running(title: title, weight: weight, mode: mode, start: .now)
  }

  /// A compile says something.
  mutating func hear(_ index: Int, _ progress: CompileProgress) {
    guard case .peak(let log) = progress, let peak = log.livePeak else { return }
    running[index]?.peak =
      "live peak \(peak)" + (log.rematerializationLimit.map { ", rematerialization from \($0)" } ?? "")
  }

  /// A compile is over, and took `seconds`; nil where the answer was known.
  mutating func finish(_ index: Int, seconds: Double?) {
    guard let over = running.removeValue(forKey: index) else { return }
    if let seconds { clock.finish(weight: over.weight, mode: over.mode, seconds: seconds) }
  }

  /// A piece of work is over: `summary` is a line of a log; nil where its answer says enough.
  mutating func conclude(_ summary: String?, isFailure: Bool = false) {
    done += 1
    guard let summary, isShown, total > 1 else { return }
    if terminal.isInteractive, !isFailure { return }
    block.clear()
    remark(terminal.isInteractive ? summary : "\(grouped(done)) of \(grouped(total))  \(summary)\(timeLeft)")
    lastLine = .now
  }

  /// The time until all is over, two spaces before it; empty where nothing is left.
  private var timeLeft: String {
    let now = ContinuousClock.now
    var longest = 0.0, sum = 0.0, isOverdue = false
    for compile in running.values {
      let left = compile.weight * clock.rate(compile.mode) - (now - compile.start) / .seconds(1)
      isOverdue = isOverdue || left < 1
      longest = max(longest, left)
      sum += max(0, left)
    }
    for compile in waiting.values { sum += compile.weight * clock.rate(compile.mode) }
    let seconds = max(longest, sum / Double(max(1, min(jobs, running.count + waiting.count))))
    // How long an overdue compile still takes, nobody knows.
    return seconds >= 1 ? "  \(isOverdue ? "more than " : "")\(SweepProgress.clock(seconds)) left" : ""
  }

  /// Shows what there is to show.
  mutating func tick() {
    let now = ContinuousClock.now
    guard isShown, !running.isEmpty, (now - start) / .seconds(1) >= ProgressReporter.patience else { return }
    if terminal.isInteractive {
      block.draw(map(terminal) + lines(now).joined(separator: "\n"))
    } else if (now - lastLine) / .seconds(1) >= Self.interval {
      lastLine = now
      for line in lines(now) { remark(line) }
    }
  }

  /// Removes what is drawn over, so that what follows starts clean.
  mutating func clear() { block.clear() }

  mutating func end() { clear() }

  private func lines(_ now: ContinuousClock.Instant) -> [String] {
    let width = max(20, terminal.isInteractive ? terminal.columns - 1 : 200)
    var lines = running.sorted { $0.value.start < $1.value.start }.map { _, compile in
      let elapsed = (now - compile.start) / .seconds(1)
      let expected = compile.weight * clock.rate(compile.mode), left = expected - elapsed
      let text =
        "compiling \(compile.title)" + (compile.mode == .memory ? " for its memory" : "")
        + "  \(SweepProgress.clock(elapsed)), "
        + (left >= 1
          ? "about \(SweepProgress.clock(left)) left" : "longer than the \(SweepProgress.clock(expected)) expected")
        + (compile.peak.map { "; " + $0 } ?? "")
      return String(text.prefix(width))
    }
    if total > 1 { lines.append(String("\(grouped(done)) of \(grouped(total))\(timeLeft)".prefix(width))) }
    return lines
  }
}
