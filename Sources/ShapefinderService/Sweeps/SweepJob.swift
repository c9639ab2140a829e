import Answers
import Evidence
import EvidenceStore
import Foundation
import Synchronization
import VisionTransformer
import WorkerProcess

/// A running sweep: the program as a child process, with a thread of its own.
final class SweepJob: Sendable {
  /// How the job ended.
  enum Outcome: Sendable {
    case over(SweepStatus, error: String?)
    /// It was stopped by this service or by a signal.
    case interrupted
  }

  let sweep: Sweep
  /// The last run before this job.
  let lastRun: Int
  private let flag = StopFlag()
  private let ended = Mutex<Outcome?>(nil)

  /// Seconds that the program has to store its results and exit.
  private static let grace = 5.0

  private let program: String
  private let words: [String]

  /// A job that has not started.
  ///
  /// - Parameter places: the arguments that name catalog and store.
  init(_ sweep: Sweep, program: String, places: [String], lastRun: Int) {
    self.sweep = sweep
    self.program = program
    self.lastRun = lastRun
    words = sweep.words + places + ["--quiet"]
  }

  /// The command line, as recorded in its run.
  var command: String { (["shapefinder"] + words).map(shellWord).joined(separator: " ") }

  /// Starts the program.
  ///
  /// - Parameter whenOver: called on another thread once `outcome` is set.
  func start(whenOver: @escaping @Sendable () -> Void) {
    // The child ends with the thread that started it.
    let thread = Thread {
      let outcome = self.run()
      self.ended.withLock { $0 = outcome }
      whenOver()
    }
    thread.start()
  }

  /// The outcome; nil while the job runs.
  var outcome: Outcome? { ended.withLock { $0 } }

  /// Asks the job to end soon.
  func stop() { flag.raise(.serviceStops) }

  private func run() -> Outcome {
    let started: WorkerProgram.Started
    do throws(WorkerError) {
      guard FileManager.default.isExecutableFile(atPath: program) else {
        return .over(.failed, error: "\(program) is missing, which does the sweeps")
      }
      started = try WorkerProgram(path: program).start(words)
    } catch {
      return .over(.failed, error: "\(error)")
    }
    var conversation = WorkerConversation(
      started, limits: .init(timeout: Self.longest, grace: Self.grace),
      stop: flag.signal)
    guard let end = conversation.run([], .init { _ in }) else { return .interrupted }
    switch end.reason {
    // 3: nothing fits, which is also a valid answer.
    case .exited(0), .exited(3): return .over(.finished, error: nil)
    case .exited(ExitStatus.interrupted.rawValue): return .interrupted
    // After SIGTERM, which is no error; a disk that is full is one.
    case .exited(ExitStatus.tryAgain.rawValue) where Self.said(end.detail)?.hasPrefix("interrupted") == true:
      return .interrupted
    case .exited(let code): return .over(.failed, error: Self.said(end.detail) ?? "it ended with exit code \(code)")
    case .timedOut: return .interrupted
    default: return .over(.failed, error: "\(end)")
    }
  }

  /// A year, as an upper limit.
  private static let longest = Seconds(365 * 86400)

  /// The last message that the program printed.
  private static func said(_ text: String) -> String? {
    let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    guard let start = lines.lastIndex(where: { $0.hasPrefix("error: ") }) ?? lines.indices.last else { return nil }
    let sentence = lines[start...].joined(separator: " ")
    return String((sentence.hasPrefix("error: ") ? sentence.dropFirst(7) : sentence[...]).prefix(1000))
  }
}
