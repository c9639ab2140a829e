import Catalog
import Foundation
import WorkerProcess

/// Everything that an answer needs from its surroundings, passed in so that a command, a service and a test can each
/// provide their own.
package struct AnswerContext: Sendable {
  /// Named shapes, devices and grids.
  package var catalog: Catalog
  /// The stop signal, which a long-running answer checks between steps.
  package var stop: WorkerStopSignal
  /// The current time.
  package var now: @Sendable () -> Date
  /// Receives remarks for the user that are not part of the answer, one sentence at a time.
  package var remark: @Sendable (String) -> Void
  /// Receives remarks that a batch of questions needs only once: how a name was understood.
  package var remarkOnce: @Sendable (String) -> Void

  /// A context; without `remarkOnce`, repeated remarks are not suppressed.
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
