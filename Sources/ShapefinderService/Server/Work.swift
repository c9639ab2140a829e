import Answers
import NIOPosix
import Synchronization
import WorkerProcess

/// Why an answer was not finished.
enum Abandonment: Int, Sendable {
  case none, clientGone, tookTooLong, serviceStops
}

/// Tells an answer to stop, and holds the reason.
final class StopFlag: Sendable {
  private let reason = Atomic<Int>(0)
  private let deadline: ContinuousClock.Instant?

  /// A flag that raises itself at `deadline`: whoever asks looks at the clock, so that no other thread must get its turn.
  init(deadline: ContinuousClock.Instant? = nil) { self.deadline = deadline }

  /// Raises the flag; only the first reason is kept.
  func raise(_ abandonment: Abandonment) {
    _ = reason.compareExchange(expected: 0, desired: abandonment.rawValue, ordering: .relaxed)
  }

  var abandonment: Abandonment {
    if let deadline, reason.load(ordering: .relaxed) == 0, .now >= deadline { raise(.tookTooLong) }
    return Abandonment(rawValue: reason.load(ordering: .relaxed)) ?? .none
  }

  /// The flag as the signal that answers check.
  var signal: WorkerStopSignal { WorkerStopSignal(descriptor: -1) { self.abandonment != .none } }
}

extension Atomic<Int> {
  /// Takes one of a limited number of places; who takes one gives it back by subtracting it.
  ///
  /// - Throws: `Problem` if none is free.
  func enter(upTo most: Int, _ things: String) throws(Problem) {
    guard add(1, ordering: .relaxed).newValue <= most else {
      subtract(1, ordering: .relaxed)
      throw Problem.tooMany(things)
    }
  }
}

extension ServiceState {
  /// Runs `body` on a worker thread, for no longer than an answer may take.
  ///
  /// - Throws: `Problem` if too many answers are waiting or if it took too long; errors from `body`.
  func calculate<Value: Sendable>(
    _ departure: Departure?, _ body: @escaping @Sendable (StopFlag) throws -> Value
  ) async throws -> Value {
    try waiting.enter(upTo: configuration.limits.waiting, "questions")
    defer { waiting.subtract(1, ordering: .relaxed) }
    let seconds = configuration.limits.seconds
    let flag = StopFlag(deadline: .now + .seconds(seconds))
    departure?.whenGone { flag.raise(.clientGone) }
    defer { departure?.stay() }
    do {
      return try await workers.runIfActive { try body(flag) }
    } catch {
      switch flag.abandonment {
      case .none: throw error
      case .clientGone: throw Problem(.serviceUnavailable, "the client has gone")
      case .serviceStops: throw Problem(.serviceUnavailable, "the service stops")
      case .tookTooLong:
        throw Problem(.serviceUnavailable, "the answer would take more than \(seconds) seconds: ask for less at a time")
      }
    }
  }
}
