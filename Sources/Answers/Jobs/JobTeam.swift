import Dispatch
import Foundation
import Synchronization

/// Parallel jobs, each on its own thread, whose events the caller's thread receives as they come.
struct JobTeam<Event: Sendable>: Sendable {
  /// Number of parallel jobs.
  let size: Int
  /// How often `tick` is called while no events come, in seconds.
  let interval: Double

  init(size: Int, interval: Double = 0.2) {
    self.size = max(1, size)
    self.interval = interval
  }

  /// Runs `count` jobs, started in order, and returns when all have ended.
  ///
  /// - Parameters:
  ///   - work: runs one job, by its index, and reports events to the closure that it is given.
  ///   - tick: called from time to time on the caller's thread.
  ///   - take: receives an event on the caller's thread, in the order of arrival. If it throws, no further job starts,
  ///     `cancel` is called, and the error is thrown once the running jobs have ended.
  func run(
    _ count: Int, work: @escaping @Sendable (Int, @Sendable (Event) -> Void) -> Void, tick: () -> Void = {},
    cancel: () -> Void, take: (Event) throws -> Void
  ) throws {
    let board = Board<Event>(count: count)
    for _ in 0..<min(size, count) {
      board.enter()
      let thread = Thread {
        while let job = board.next() { work(job) { board.post($0) } }
        board.leave()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    var failure: (any Error)?
    while true {
      let (event, isOver) = board.wait(seconds: interval)
      if let event, failure == nil {
        do {
          try take(event)
        } catch {
          failure = error
          board.close()
          cancel()
        }
      }
      if event == nil {
        if isOver { break }
        if failure == nil { tick() }
      }
    }
    if let failure { throw failure }
  }
}

/// The state that a team's threads share: the next job, and the events.
private final class Board<Event: Sendable>: Sendable {
  private struct State {
    var next = 0
    var count: Int
    var running = 0
    var events: [Event] = []
  }

  private let state: Mutex<State>
  private let bell = DispatchSemaphore(value: 0)

  init(count: Int) { state = Mutex(State(count: count)) }

  func enter() { state.withLock { $0.running += 1 } }

  func leave() {
    state.withLock { $0.running -= 1 }
    bell.signal()
  }

  func next() -> Int? {
    state.withLock { state in
      guard state.next < state.count else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  /// Starts no further job.
  func close() { state.withLock { $0.count = $0.next } }

  func post(_ event: Event) {
    state.withLock { $0.events.append(event) }
    bell.signal()
  }

  /// The next event; without one, nil and whether all threads have ended, after at most `seconds`.
  func wait(seconds: Double) -> (Event?, isOver: Bool) {
    let now = take()
    if now.0 != nil || now.isOver { return now }
    _ = bell.wait(timeout: .now() + seconds)
    return take()
  }

  private func take() -> (Event?, isOver: Bool) {
    state.withLock { state in
      state.events.isEmpty ? (nil, state.running == 0) : (state.events.removeFirst(), false)
    }
  }
}
