import HostPlan
import TrainingStep
import VisionTransformer

extension Estimator {
  /// Live bytes over the step on the host, kernel by kernel.
  ///
  /// - Throws: `HostPlanError` and `ShapeError`, which the tests rule out for every structure.
  func hostTimeline(_ configuration: Configuration) throws -> StepTimeline {
    let sizes = AxisSizes(configuration)
    let step = try HostProgram(TrainingStep(configuration).program)
    var change = Array(repeating: 0, count: step.operations.count + 1)
    var held = 0
    for (buffer, lifetime) in zip(step.buffers, step.lifetimes()) {
      guard let lifetime else { continue }
      let bytes = buffer.bytes(sizes)
      switch buffer.purpose {
      case .parameter, .optimizerState: held += bytes
      case .input, .activation, .gradient, .workspace:
        change[lifetime.lowerBound] += bytes
        change[lifetime.upperBound + 1] -= bytes
      }
    }
    var live = held
    let events = zip(step.operations, change).map { operation, difference in
      live += difference
      return StepTimeline.Event(
        label: "\(operation.scope): \(operation.kernel.name)", phase: operation.phase, bytes: live)
    }
    let peak = events.indices.max { (events[$0].bytes, $1) < (events[$1].bytes, $0) } ?? 0
    return StepTimeline(events: events, arguments: held, peakIndex: peak)
  }
}
