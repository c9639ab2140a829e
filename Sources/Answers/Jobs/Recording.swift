import Evidence
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// Results stored by a command as one run, which is closed whatever happens.
package struct Recording {
  /// The store; nil if nothing is stored.
  package let store: EvidenceStore?
  /// The file that results go to instead; nil for none.
  private let file: String?
  /// The description of the run.
  package let description: RunDescription
  private let remark: @Sendable (String) -> Void

  /// Whether results are kept at all.
  package var keeps: Bool { store != nil || file != nil }

  /// A recording, which reports through `remark` what it kept.
  ///
  /// - Parameter file: a file of NDJSON for the results, which appears when it is complete; nil for none.
  package init(
    store: EvidenceStore?, file: String? = nil, description: RunDescription,
    remark: @escaping @Sendable (String) -> Void
  ) {
    self.store = store
    self.file = file
    self.description = description
    self.remark = remark
  }

  /// Runs `body` with a closure that stores a result. Afterwards the last batch is committed and the run closed: as
  /// *finished*, as *interrupted* if `body` threw `Stopped`, or as *failed* after any other error. In each case a
  /// remark says what was kept.
  ///
  /// - Throws: errors from `body`, otherwise `StoreError`; for `Stopped`, an `AnswerError` that says what was kept.
  package func record<Value>(_ body: ((StepResult) throws -> Void) throws -> Value) throws -> (Value, StoredRun?) {
    if let file { return (try write(file, body), nil) }
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
      // The first error is more useful than one about the run's own row.
      try? store.finishRun(run, status: .failed)
      if let counts = try? store.run(run).counts {
        remark(StoredRun(id: run, counts: counts, path: store.path).summary)
      }
      throw error
    }
  }

  /// Runs `body` with a closure that writes a result to the file.
  private func write<Value>(_ file: String, _ body: ((StepResult) throws -> Void) throws -> Value) throws -> Value {
    var count = 0
    do {
      try CompletedFile.makeFolder(of: file)
      let value = try CompletedFile.write(file) { sink in
        var rows = ResultWriter(.results, format: .ndjson, to: sink)
        try rows.begin()
        let value = try body {
          try rows.append($0)
          count += 1
        }
        try rows.end()
        return value
      }
      remark("\(file): \(counted(count, "result"))")
      return value
    } catch let stop as Stopped {
      throw stop.interrupted(kept: nil)
    }
  }

  /// What to do when the reader of the rows leaves: storing continues. Nil if nothing is stored.
  package var whenReaderLeaves: (() -> Void)? {
    guard keeps else { return nil }
    return { [remark] in remark(Self.readerHasGone) }
  }

  /// The remark when the reader of standard output leaves (`| head`) and storing continues.
  package static let readerHasGone =
    "the reader of standard output has gone; what is left is still stored (Ctrl-C stops)"
}
