import NIOCore
import Synchronization

/// Answers that are a function of their question, kept so that the same question is answered at once: at most so many bytes; what was not
/// asked for longest goes first.
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
    var next: String?
    /// Whether whoever has it need never ask again.
    var isImmutable = false
  }

  private struct State {
    var answers: [Key: (kept: Kept, asked: Int)] = [:]
    /// Counts questions, so that it is known which answers were asked for last.
    var now = 0
    var bytes = 0
  }

  private let state = Mutex(State())
  private let most: Int

  /// - Parameter most: Bytes that are kept.
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

  /// Keeps an answer; one that would take an eighth of the room is not kept.
  func keep(_ kept: Kept, for key: Key) {
    let size = Self.size(key, kept)
    guard size <= most / 8 else { return }
    state.withLock { state in
      guard state.answers[key] == nil else { return }
      state.now += 1
      state.answers[key] = (kept, state.now)
      state.bytes += size
      guard state.bytes > most else { return }
      // A quarter goes at a time, so that few answers pay for the sorting.
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
