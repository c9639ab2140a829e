import Foundation
import VisionTransformer

/// Why a worker came to no answer.
public struct WorkerFailure: Sendable, Hashable {
  /// The reason.
  public var reason: Reason
  /// The worker's last output to standard error; empty if there was none.
  public var detail: String

  /// A failure.
  public init(_ reason: Reason, detail: String = "") {
    self.reason = reason
    self.detail = detail
  }

  /// How a worker can end without an answer.
  public enum Reason: Sendable, Hashable {
    /// By a signal that its own code caused.
    case crashed(signal: Int32)
    /// By a signal sent from outside: by a user, or by the system when memory ran out.
    case killed(signal: Int32)
    /// The machine could not provide the memory for a step that is within the limit.
    case outOfMemory(String)
    /// It was stopped because it exceeded its time limit.
    case timedOut(Seconds)
    /// With an exit code.
    case exited(code: Int32)
    /// Its output was not an answer.
    case garbled(String)
    /// It was stopped because it exceeded its memory limit.
    case overMemory(Bytes)
    /// The system could not start it.
    case notStarted(String)
  }
}

extension WorkerFailure.Reason {
  /// Whether the machine failed, not the question: the same again, or elsewhere, may succeed.
  public var mayPass: Bool {
    switch self {
    case .killed, .outOfMemory, .notStarted: true
    case .crashed, .timedOut, .exited, .garbled, .overMemory: false
    }
  }

  /// Whether the reason with that name in a store may pass.
  public static func mayPass(word: String) -> Bool {
    [.killed(signal: 0), .outOfMemory(""), .notStarted("")].contains { (reason: Self) in
      reason.mayPass && reason.word == word
    }
  }

  /// The reason's name in the store.
  public var word: String {
    switch self {
    case .crashed: "crashed"
    case .killed: "killed"
    case .outOfMemory: "out-of-memory"
    case .timedOut: "timed-out"
    case .exited: "exited"
    case .garbled: "garbled"
    case .overMemory: "over-memory"
    case .notStarted: "not-started"
    }
  }
}

extension WorkerFailure: CustomStringConvertible {
  /// `crashed with signal 11 (segmentation fault)`.
  public var description: String {
    switch reason {
    case .crashed(let signal): "the worker crashed with signal \(SignalName.text(signal))" + said
    case .killed(let signal):
      "the worker was killed by signal \(SignalName.text(signal))"
        + (signal == 9 ? "; unless somebody killed it, the system ran out of memory" : "") + said
    case .outOfMemory(let message): message
    case .timedOut(let limit): "it took longer than \(limit)"
    case .exited(let code): "the worker ended with exit code \(code) and no answer" + said
    case .notStarted(let message): message
    case .overMemory(let limit): "it took more than \(limit) of memory"
    case .garbled(let text): "the worker wrote no answer but \(LooseValue.string(text))"
    }
  }

  private var said: String {
    guard let last = detail.split(separator: "\n").last else { return "" }
    return ": " + excerpt(of: String(last))
  }
}

/// Signals by name.
enum SignalName {
  /// Signals that a program's own code causes.
  static let crashes: Set<Int32> = [SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSYS]

  /// `11 (Segmentation fault)`.
  static func text(_ signal: Int32) -> String {
    guard let name = strsignal(signal) else { return "\(signal)" }
    return "\(signal) (\(String(cString: name)))"
  }
}
