import HTTPTypes
import NIOCore
import Synchronization

/// A cache of answers that depend only on their question, limited in bytes; the least recently used answers are removed
/// first.
final class KeptAnswers: Sendable {
  /// A question, with everything else that determines its answer.
  struct Key: Hashable, Sendable {
    var route: String
    var query: String
    /// The form that the client accepts.
    var form: Form
    var store: StoreStamp?
  }

  /// An answer as it is sent.
  struct Kept: Sendable {
    var body: ByteBuffer
    /// The answer's entity tag, in quotation marks.
    var tag: String
    /// The headers of the whole answer.
    var headers: HTTPFields
  }

  private struct State {
    var answers: [Key: (kept: Kept, asked: Int)] = [:]
    /// Counts requests, which shows which answers were used most recently.
    var now = 0
    var bytes = 0
  }

  private let state = Mutex(State())
  private let most: Int

  /// - Parameter most: largest number of bytes that are kept.
  init(most: Int) { self.most = most }

  /// Bytes that are kept now.
  var bytes: Int { state.withLock { $0.bytes } }

  subscript(key: Key) -> Kept? {
    state.withLock { state in
      guard let index = state.answers.index(forKey: key) else { return nil }
      state.now += 1
      state.answers.values[index].asked = state.now
      return state.answers.values[index].kept
    }
  }

  /// Keeps an answer, unless it would take an eighth of the room.
  func keep(_ kept: Kept, for key: Key) {
    let size = Self.size(key, kept)
    guard size <= most / 8 else { return }
    state.withLock { state in
      guard state.answers[key] == nil else { return }
      state.now += 1
      state.answers[key] = (kept, state.now)
      state.bytes += size
      guard state.bytes > most else { return }
      // A quarter is removed at a time, so that sorting is rare.
      for (key, answer) in state.answers.sorted(by: { $0.value.asked < $1.value.asked }) {
        guard state.bytes > most / 4 * 3 else { break }
        state.answers[key] = nil
        state.bytes -= Self.size(key, answer.kept)
      }
    }
  }

  private static func size(_ key: Key, _ kept: Kept) -> Int {
    kept.body.storageCapacity + 2 * key.query.utf8.count + 512
  }
}
