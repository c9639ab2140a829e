import Evidence
import EvidenceStore
import Reporting
import VisionTransformer

/// The run in the store that the trials or compiles of one invocation belong to, closed whatever happens.
package final class SessionRun {
  /// What its work is called.
  package struct Words: Sendable {
    /// `trial`
    var one: String
    /// `trials`
    var many: String
    /// `measures`
    var verb: String
  }

  /// Where it is kept; nil where nothing is to be kept and nothing is known.
  package let store: EvidenceStore?
  /// How many trials or compiles were finished.
  package var finished = 0
  /// How many of them answered a program of the user's own.
  package var ownPrograms = 0
  private let id: Int?
  private let writer: EvidenceWriter?
  private let words: Words

  /// Begins a run.
  ///
  /// - Throws: `StoreError`.
  init(_ store: EvidenceStore?, _ description: RunDescription, words: Words) throws {
    self.store = store
    self.words = words
    id = try store?.beginRun(description)
    writer = try id.flatMap { run in try store?.writer(run: run) }
  }

  /// Says in the store that this run, too, rests on a result.
  ///
  /// - Throws: `StoreError`.
  func confirm(_ result: StepResult) throws(StoreError) { try writer?.append(result) }

  /// Stores what came of something, where there is a store.
  ///
  /// - Throws: `Unstored` with the answer, which whoever reads is to get all the same.
  func record<Answer: Sendable>(_ answer: Answer, _ body: (EvidenceStore, _ run: Int) throws(StoreError) -> Void) throws
  {
    guard let store, let id else { return }
    do throws(StoreError) { try body(store, id) } catch { throw Unstored(answer: answer, error: error) }
  }

  /// Runs `body` and closes the run as *finished*, as *interrupted* after a stop signal or where the reader has gone (nobody waits for
  /// work of minutes that nobody reads), as *failed* after any other error. What was finished before is kept in any case.
  ///
  /// - Parameter failed: how many of the run came to no answer.
  /// - Returns: what `body` returned, and what was stored.
  /// - Throws: what `body` throws; for a stop signal, and for a reader who has gone, `AnswerError` that says what was kept.
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
      // The first error tells more than one about the run's own row.
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

  /// Thrown where a stop signal ended the work.
  package struct Interrupted: Error {
    /// A stop.
    package init() {}
  }

  /// An answer that the store did not take.
  package struct Unstored<Answer: Sendable>: UnstoredAnswer {
    /// The answer.
    package var answer: Answer
    /// Why the store did not take it.
    package var error: StoreError
  }
}

/// An answer that the store did not take, whatever it answers.
package protocol UnstoredAnswer: Error {
  /// Why not.
  var error: StoreError { get }
}
