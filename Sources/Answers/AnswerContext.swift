import Catalog
import Foundation
import WorkerProcess

/// What an answer uses of the world around it. It is handed in, so that a command, a service and a test each bring their own.
package struct AnswerContext: Sendable {
  /// Named shapes, devices and grids.
  package var catalog: Catalog
  /// When to stop: an answer that takes long asks between two steps.
  package var stop: WorkerStopSignal
  /// The time.
  package var now: @Sendable () -> Date
  /// Takes what whoever waits should know beside the answer, one sentence at a time.
  package var remark: @Sendable (String) -> Void

  /// A context.
  package init(
    catalog: Catalog, stop: WorkerStopSignal = .never, now: @escaping @Sendable () -> Date = { .now },
    remark: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.catalog = catalog
    self.stop = stop
    self.now = now
    self.remark = remark
  }
}
