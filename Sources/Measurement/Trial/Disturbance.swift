import CProcess
import Evidence
import Foundation
import VisionTransformer

/// Counters of the system that tell whether something else held a step up.
struct Disturbance {
  private let waited: Seconds?

  /// What is read between bursts, now.
  init() { waited = Self.waiting }

  /// How often the system took a processor away from one of the threads of this process; nil where it does not say.
  static var switches: Int? {
    let count = sfp_involuntary_switches()
    return count < 0 ? nil : Int(count)
  }

  /// A step of a burst, and how often a processor was taken away from it.
  typealias Step = (timing: StepTiming, switches: Int?)

  /// The share of `seconds` since then that each of so many threads has waited for a processor; nil where the system does not say.
  func share(of seconds: Seconds, threads: Int) -> Double? {
    guard let before = waited, let after = Disturbance().waited, seconds.value > 0 else { return nil }
    return max(0, after.value - before.value) / (seconds.value * Double(max(1, threads)))
  }

  /// The steps that ran one after another since then, with what happened to them: each has its share of the waiting.
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

  /// How long threads of this process that could run have waited for a processor; nil where the system does not say.
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

  /// Processors beyond which their clocks are not read: that takes longer than a small step.
  private static let mostProcessors = 64

  /// Mean clock of the processors; nil where the system does not say.
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
