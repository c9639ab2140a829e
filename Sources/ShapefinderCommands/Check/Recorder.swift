import Estimation
import Evidence
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// Stores the answers of one invocation as a run.
final class Recorder {
  private let store: EvidenceStore
  private let run: Int
  private let writer: EvidenceWriter

  /// Opens the store and begins a run.
  init(_ options: StoreOptions) throws {
    store = try options.open(.create)
    run = try store.beginRun(RunDescription(command: commandLine, modelVersion: Estimator.version))
    writer = try store.writer(run: run)
  }

  /// Stores an answer, at the latest with `finish`.
  func record(_ result: StepResult) throws { try writer.append(result) }

  /// Stores what waits, ends the run and says what became of it.
  func finish(_ status: RunStatus) throws {
    try writer.flush()
    try store.finishRun(run, status: status)
    let counts = writer.counts
    let confirmed = counts.confirmed > 0 ? ", \(grouped(counts.confirmed)) known already" : ""
    remark("stored in \(store.path) as run \(run): \(grouped(counts.new)) new\(confirmed)")
    try store.close()
  }
}
