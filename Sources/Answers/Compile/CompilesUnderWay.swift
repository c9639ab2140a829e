import Compilation
import Evidence
import Reporting
import VisionTransformer

/// Compiles that run or wait, and how long they still take: what a person who waits is told.
package struct CompilesUnderWay {
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
  private var clock = CompileClock()
  private var running: [Int: Running] = [:]
  private var waiting: [Int: (weight: Double, mode: CompileMode)] = [:]
  private var done = 0

  /// Nothing has begun of `total` pieces of work, `jobs` at once.
  package init(total: Int, jobs: Int) {
    self.total = total
    self.jobs = jobs
  }

  /// Whether nothing runs.
  package var isIdle: Bool { running.isEmpty }

  /// Work that is still to come.
  package mutating func expect(_ index: Int, weight: Double, mode: CompileMode) { waiting[index] = (weight, mode) }

  /// A compile begins.
  package mutating func begin(
    _ index: Int, _ title: String, weight: Double, mode: CompileMode, at now: ContinuousClock.Instant
  ) {
    waiting[index] = nil
    running[index] = Running(title: title, weight: weight, mode: mode, start: now)
  }

  /// A compile says something.
  package mutating func hear(_ index: Int, _ progress: CompileProgress) {
    guard case .peak(let log) = progress, let peak = log.livePeak else { return }
    running[index]?.peak =
      "live peak \(peak)" + (log.rematerializationLimit.map { ", rematerialization from \($0)" } ?? "")
  }

  /// A compile is over, and took `seconds`; nil where the answer was known.
  package mutating func finish(_ index: Int, seconds: Double?) {
    guard let over = running.removeValue(forKey: index) else { return }
    if let seconds { clock.finish(weight: over.weight, mode: over.mode, seconds: seconds) }
  }

  /// A piece of work is over.
  package mutating func conclude() { done += 1 }

  /// `3 of 10`.
  package var count: String { "\(grouped(done)) of \(grouped(total))" }

  /// The time until all is over, two spaces before it; empty where nothing is left.
  package func timeLeft(at now: ContinuousClock.Instant) -> String {
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

  /// A line a compile that runs, the longest running first, and one for all of them where there are several.
  package func lines(at now: ContinuousClock.Instant, width: Int) -> [String] {
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
    if total > 1 { lines.append(String((count + timeLeft(at: now)).prefix(width))) }
    return lines
  }
}
