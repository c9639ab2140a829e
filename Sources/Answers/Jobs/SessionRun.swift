import Evidence
import EvidenceStore
import Reporting
import VisionTransformer

/// The run that the trials or compiles of one invocation belong to, closed whatever happens.
package final class SessionRun {
  /// The words for its work.
  package struct Words: Sendable {
    /// `trial`
    var one: String
    /// `trials`
    var many: String
    /// `measures`
    var verb: String
  }

  /// The store; nil if nothing is stored or looked up.
  package let store: EvidenceStore?
  /// Number of trials or compiles that were finished.
  package var finished = 0
  /// How many of them were for users' own programs.
  package var ownPrograms = 0
  private let id: Int?
  private let writer: EvidenceWriter?
  private let words: Words

  /// Starts a run.
  ///
  /// - Throws: `StoreError`.
  init(_ store: EvidenceStore?, _ description: RunDescription, words: Words) throws {
    self.store = store
    self.words = words
    id = try store?.beginRun(description)
    writer = try id.flatMap { run in try store?.writer(run: run) }
  }

  /// Records that this run also uses a stored result.
  ///
  /// - Throws: `StoreError`.
  func confirm(_ result: StepResult) throws(StoreError) { try writer?.append(result) }

  /// Stores an outcome, if there is a store.
  ///
  /// - Throws: `Unstored` with the answer, which the reader should get all the same.
  func record<Answer: Sendable>(_ answer: Answer, _ body: (EvidenceStore, _ run: Int) throws(StoreError) -> Void) throws
  {
    guard let store, let id else { return }
    do throws(StoreError) { try body(store, id) } catch { throw Unstored(answer: answer, error: error) }
  }

  /// Runs `body` and closes the run: as *finished*; as *interrupted* after a stop signal, or if the reader has left
  /// (work of minutes has no use without one); as *failed* after any other error. Whatever was finished before is kept.
  ///
  /// - Parameter failed: number of the run's answers that failed.
  /// - Returns: the result of `body`, and what was stored.
  /// - Throws: errors from `body`; after a stop signal, and if the reader has left, an `AnswerError` that says what was
  ///   kept.
  func close<Value>(
    failed: (EvidenceStore, _ run: Int) throws -> Int, _ body: () throws -> Value
  ) throws -> (Value, stored: String?) {
    do {
      let value = try body()
      return (value, try end(.finished, failed))
    } catch is Interrupted {
      throw AnswerError(.interrupted, "interrupted: " + kept(try end(.interrupted, failed)))
    } catch OutputError.closed where store != nil {
      throw AnswerError(
        .interrupted, "interrupted: the reader of the answers has gone; " + kept(try end(.interrupted, failed)))
    } catch let unstored as any UnstoredAnswer {
      _ = try? end(.failed, failed)
      throw unstored.error
    } catch {
      // The first error is more useful than one about the run's own row.
      _ = try? end(.failed, failed)
      throw error
    }
  }

  private func kept(_ stored: String?) -> String {
    (finished == 1 ? "1 \(words.one) was" : "\(grouped(finished)) \(words.many) were") + " finished; "
      + (stored.map { "\($0); the same command again \(words.verb) the rest, and nothing twice" }
        ?? "nothing was stored")
  }

  private func end(_ status: RunStatus, _ failed: (EvidenceStore, Int) throws -> Int) throws -> String? {
    guard let store, let id else { return nil }
    try writer?.flush()
    try store.finishRun(id, status: status)
    let counts = try store.run(id).counts
    let failed = try failed(store, id)
    let summary = StoredRun(id: id, counts: counts, path: store.path, ownPrograms: ownPrograms).summary
    return failed == 0 ? summary : summary + ", \(grouped(failed)) failed"
  }

  /// Thrown when a stop signal ended the work.
  package struct Interrupted: Error {
    /// A stop.
    package init() {}
  }

  /// An answer that could not be stored.
  package struct Unstored<Answer: Sendable>: UnstoredAnswer {
    /// The answer.
    package var answer: Answer
    /// Why it could not be stored.
    package var error: StoreError
  }
}

/// An answer of any type that could not be stored.
package protocol UnstoredAnswer: Error {
  /// Why it could not be stored.
  var error: StoreError { get }
}
