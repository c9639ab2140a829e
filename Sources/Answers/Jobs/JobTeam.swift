import Dispatch
import Foundation
import Synchronization

/// Jobs side by side, each on a thread of its own, whose events the caller's thread takes as they come.
struct JobTeam<Event: Sendable>: Sendable {
  /// Most jobs at once.
  let size: Int
  /// How often `tick` is called while nothing happens, in seconds.
  let interval: Double

  init(size: Int, interval: Double = 0.2) {
    self.size = max(1, size)
    self.interval = interval
  }

  /// Runs `count` jobs, which begin in their order, and returns when all are over.
  ///
  /// - Parameters:
  ///   - work: one job, by its number; it says what happens with the closure that it is given.
  ///   - tick: called now and then on the caller's thread.
  ///   - take: takes an event on the caller's thread, in the order in which they came. Where it throws, no further job begins,
  ///     `cancel` is called, and the error is thrown once those that run are over.
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

/// Where a team's threads find their next job and post what happens.
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

  /// No further job begins.
  func close() { state.withLock { $0.count = $0.next } }

  func post(_ event: Event) {
    state.withLock { $0.events.append(event) }
    bell.signal()
  }

  /// The next event; without one whether all threads have gone, after `seconds` at most.
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
