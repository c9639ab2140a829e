import Evidence
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// Stores the answers of one invocation as a run.
package final class Recorder {
  private let store: EvidenceStore
  private let run: Int
  private let writer: EvidenceWriter

  private let remark: @Sendable (String) -> Void

  /// Starts a run.
  ///
  /// - Throws: `StoreError`.
  package init(_ store: EvidenceStore, _ description: RunDescription, remark: @escaping @Sendable (String) -> Void)
    throws
  {
    self.store = store
    self.remark = remark
    run = try store.beginRun(description)
    writer = try store.writer(run: run)
  }

  /// Stores an answer, at the latest in `finish`.
  package func record(_ result: StepResult) throws { try writer.append(result) }

  /// Stores pending answers, ends the run and reports its outcome.
  package func finish(_ status: RunStatus) throws {
    try writer.flush()
    try store.finishRun(run, status: status)
    let counts = writer.counts
    let confirmed = counts.confirmed > 0 ? ", \(grouped(counts.confirmed)) known already" : ""
    remark("stored in \(store.path) as run \(run): \(grouped(counts.new)) new\(confirmed)")
    try store.close()
  }
}
