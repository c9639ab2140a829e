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
  /// The same, of what a whole batch of questions need hear only once: how a name was understood.
  package var remarkOnce: @Sendable (String) -> Void

  /// A context; where nobody tells what was said before, everything is said each time.
  package init(
    catalog: Catalog, stop: WorkerStopSignal = .never, now: @escaping @Sendable () -> Date = { .now },
    remark: @escaping @Sendable (String) -> Void = { _ in }, remarkOnce: (@Sendable (String) -> Void)? = nil
  ) {
    self.catalog = catalog
    self.stop = stop
    self.now = now
    self.remark = remark
    self.remarkOnce = remarkOnce ?? remark
  }
}
