import TrainingStep
import VisionTransformer

extension Estimator {
  /// Live bytes at the few events of a step whose blocks are loops: a loop's stacks live from before it to its end, so
  /// that only its body varies.
  func scannedTimeline(
    _ programs: StepPrograms, _ regime: XLARegime, _ configuration: Configuration, _ sizes: AxisSizes
  ) -> StepTimeline {
    let depth = configuration.shape.depth
    let estimate = estimate(configuration)
    let arguments = estimate.parameters + estimate.optimizerState
    let events = ScannedStep(programs, regime).events.map { event in
      StepTimeline.Event(
        label: event.instant.rawValue, phase: event.instant == .forwardLoop ? .forward : .backward,
        bytes: event.pieces.reduce(arguments) { $0 + $1.count(depth) * $1.buffer.bytes(sizes) })
    }
    return StepTimeline(events, arguments: arguments, estimate)
  }
}

extension StepTimeline {
  /// The timeline of events in which it is not known what rematerialization recomputes: its curve is cut off at the peak that
  /// is left.
  init(_ events: [Event], arguments: Int, _ estimate: Estimate) {
    let peak = events.indices.max { (events[$0].bytes, $1) < (events[$1].bytes, $0) } ?? 0
    self.init(events: events, arguments: arguments, peakIndex: peak)
    guard let recomputed = estimate.rematerialized, recomputed.recomputedBytes > 0 else { return }
    let target = estimate.livePeak - recomputed.recomputedBytes
    rematerialized = Rematerialized(bytes: events.map { min($0.bytes, target) }, peakIndex: peak, isCapped: true)
  }
}
