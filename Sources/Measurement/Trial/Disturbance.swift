import CProcess
import Evidence
import Foundation
import VisionTransformer

/// System counters that show whether other work delayed a step.
struct Disturbance {
  private let waited: Seconds?

  /// Reads the counter at the start of a burst.
  init() { waited = Self.waiting }

  /// How often the system took a processor away from one of this process's threads; nil if it does not report that.
  static var switches: Int? {
    let count = sfp_involuntary_switches()
    return count < 0 ? nil : Int(count)
  }

  /// A step of a burst, and how often a processor was taken away during it.
  typealias Step = (timing: StepTiming, switches: Int?)

  /// The share of `seconds` that each thread has waited for a processor since then; nil if the system does not report
  /// it.
  func share(of seconds: Seconds, threads: Int) -> Double? {
    guard let before = waited, let after = Disturbance().waited, seconds.value > 0 else { return nil }
    return max(0, after.value - before.value) / (seconds.value * Double(max(1, threads)))
  }

  /// The steps of the burst since then, each with an equal share of the waiting.
  func steps(_ steps: [Step]) -> [TrialStep] {
    let now = Disturbance()
    let megahertz = Self.megahertz
    let total = steps.reduce(0) { $0 + $1.timing.total.value }
    return steps.map { timing, switches in
      var step = TrialStep(
        forward: timing.forward, backward: timing.backward, update: timing.update, loss: Double(timing.loss),
        involuntarySwitches: switches, megahertz: megahertz)
      if let before = waited, let after = now.waited, total > 0 {
        step.waited = Seconds(max(0, after.value - before.value) * timing.total.value / total)
      }
      return step
    }
  }

  /// How long runnable threads of this process have waited for a processor; nil if the system does not report it.
  ///
  /// Source: Linux, Documentation/scheduler/sched-stats.rst: the second number of `schedstat` is that time in nanoseconds.
  private static var waiting: Seconds? {
    let folder = "/proc/self/task"
    guard let threads = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return nil }
    var sum = 0.0
    for thread in threads {
      guard let text = firstLine("\(folder)/\(thread)/schedstat"),
        let value = text.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
      else { return nil }
      sum += value * 1e-9
    }
    return Seconds(sum)
  }

  /// Number of processors above which their clocks are not read, because reading takes longer than a small step.
  private static let mostProcessors = 64

  /// Mean clock of the processors; nil if the system does not report it.
  private static var megahertz: Double? {
    let count = ProcessInfo.processInfo.activeProcessorCount
    guard count <= mostProcessors else { return nil }
    let folder = "/sys/devices/system/cpu"
    var clocks = (0..<count).compactMap { number in
      firstLine("\(folder)/cpu\(number)/cpufreq/scaling_cur_freq").flatMap { Double($0) }.map { $0 / 1000 }
    }
    if clocks.isEmpty, let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) {
      clocks = text.split(separator: "\n").filter { $0.hasPrefix("cpu MHz") }.compactMap { line in
        line.split(separator: ":").last.flatMap { Double($0.trimmingCharacters(in: .whitespaces)) }
      }
    }
    return clocks.isEmpty ? nil : clocks.reduce(0, +) / Double(clocks.count)
  }

  private static func firstLine(_ path: String) -> String? {
    (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").first.map(String.init)
  }
}
