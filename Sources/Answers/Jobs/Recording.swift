import Evidence
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// What a command stores, as one run that is closed whatever happens.
package struct Recording {
  /// The store; nil where nothing is to be kept.
  package let store: EvidenceStore?
  /// What is known of the run before it begins.
  package let description: RunDescription
  private let remark: @Sendable (String) -> Void

  /// A recording, which says what it has kept by `remark`.
  package init(store: EvidenceStore?, description: RunDescription, remark: @escaping @Sendable (String) -> Void) {
    self.store = store
    self.description = description
    self.remark = remark
  }

  /// Runs `body` with what takes a result to be stored. The last batch is committed and the run closed as *finished*, as
  /// *interrupted* where `body` threw `Stopped`, as *failed* after any other error; what was kept is said either way.
  ///
  /// - Throws: what `body` throws, else `StoreError`; for `Stopped`, `AnswerError` that says what was kept.
  package func record<Value>(_ body: ((StepResult) throws -> Void) throws -> Value) throws -> (Value, StoredRun?) {
    guard let store else {
      do { return (try body { _ in }, nil) } catch let stop as Stopped { throw stop.interrupted(kept: nil) }
    }
    let run = try store.beginRun(description)
    do {
      let (value, counts) = try store.write(run: run) { writer in try body { try writer.append($0) } }
      try store.finishRun(run)
      return (value, StoredRun(id: run, counts: counts, path: store.path))
    } catch let stop as Stopped {
      try store.finishRun(run, status: .interrupted)
      throw stop.interrupted(
        kept: StoredRun(id: run, counts: try store.run(run).counts, path: store.path).summary)
    } catch {
      // The first error tells more than one about the run's own row.
      try? store.finishRun(run, status: .failed)
      if let counts = try? store.run(run).counts {
        remark(StoredRun(id: run, counts: counts, path: store.path).summary)
      }
      throw error
    }
  }

  /// What rows on their way to a reader are to do when he goes: storing goes on without him. Nil where nothing is stored.
  package var whenReaderLeaves: (() -> Void)? {
    guard store != nil else { return nil }
    return { [remark] in remark(Self.readerHasGone) }
  }

  /// Said where the reader of standard output goes (`| head`) and the store still gets everything.
  package static let readerHasGone =
    "the reader of standard output has gone; what is left is still stored (Ctrl-C stops)"
}
