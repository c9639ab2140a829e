import VisionTransformer

extension Estimator {
  /// Live bytes along the order in which a step is scheduled.
  func scheduledTimeline(_ step: ScheduledStep, _ configuration: Configuration) -> StepTimeline {
    let estimate = estimate(configuration)
    let arguments = estimate.parameters + estimate.optimizerState
    var events = step.events()
    for index in events.indices { events[index].bytes += arguments }
    return StepTimeline(events, arguments: arguments, estimate)
  }
}
