import NIOCore
import Synchronization

/// Answers that are a function of their question, kept so that the same question is answered at once: at most so many bytes, the least
/// asked for go first.
final class KeptAnswers: Sendable {
  /// A question, and what else decides its answer.
  struct Key: Hashable, Sendable {
    var route: String
    var query: String
    var form: Form
    var store: StoreStamp?
  }

  /// An answer as it is sent.
  struct Kept: Sendable {
    var form: Form
    var body: ByteBuffer
    var tag: String
    var command: String?
    var remarks: [String]
  }

  private struct State {
    var answers: [Key: (kept: Kept, isAsked: Bool)] = [:]
    /// In the order of keeping; the first is the next to be looked at.
    var order: [Key] = []
    var next = 0
    var bytes = 0
  }

  private let state = Mutex(State())
  private let most: Int

  /// - Parameter most: Bytes that are kept.
  init(most: Int) { self.most = most }

  subscript(key: Key) -> Kept? {
    state.withLock { state in
      guard let found = state.answers[key] else { return nil }
      if !found.isAsked { state.answers[key]?.isAsked = true }
      return found.kept
    }
  }

  /// Keeps an answer; one that would take an eighth of the room is not kept.
  func keep(_ kept: Kept, for key: Key) {
    let size = Self.size(key, kept)
    guard size <= most / 8 else { return }
    state.withLock { state in
      guard state.answers[key] == nil else { return }
      state.answers[key] = (kept, false)
      state.order.append(key)
      state.bytes += size
      // Second chance: what was asked for since it was last looked at stays once more.
      while state.bytes > most, state.next < state.order.count {
        let oldest = state.order[state.next]
        state.next += 1
        guard let found = state.answers[oldest] else { continue }
        if found.isAsked {
          state.answers[oldest]?.isAsked = false
          state.order.append(oldest)
        } else {
          state.answers[oldest] = nil
          state.bytes -= Self.size(oldest, found.kept)
        }
      }
      if state.next > 1024, state.next > state.order.count / 2 {
        state.order.removeFirst(state.next)
        state.next = 0
      }
    }
  }

  private static func size(_ key: Key, _ kept: Kept) -> Int { kept.body.readableBytes + 2 * key.query.utf8.count + 512 }
}
