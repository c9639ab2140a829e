import TrainingStep
import VisionTransformer

/// The public entry points: only valid configurations reach the model, which relies on their rules.
extension Estimator {
  /// The answer for one configuration.
  public func estimate(_ configuration: ValidConfiguration) -> Estimate { estimate(configuration.configuration) }

  /// Writes the answer for one configuration in place.
  public func write(_ estimate: inout Estimate, _ configuration: ValidConfiguration) {
    write(&estimate, configuration.configuration)
  }

  /// The closed form over depth for a configuration, ignoring its own depth.
  public func series(_ configuration: ValidConfiguration) -> EstimateSeries { series(configuration.configuration) }

  /// The answer for one configuration, in its self-describing form.
  public func result(for configuration: ValidConfiguration) -> StepResult { result(for: configuration.configuration) }

  /// The self-describing form of an estimate.
  public func result(_ estimate: Estimate, for configuration: ValidConfiguration) -> StepResult {
    result(estimate, for: configuration.configuration)
  }

  /// Live bytes over the step of a configuration, before and after automatic rematerialization.
  ///
  /// - Throws: `ShapeError`, which the tests rule out for every structure.
  public func timeline(_ configuration: ValidConfiguration) throws -> StepTimeline {
    try timeline(configuration.configuration)
  }

  /// Optimizer state by moment, without the step counter, which is one scalar.
  ///
  /// - Throws: `ShapeError`, which the tests rule out for every structure.
  public func optimizerMoments(_ configuration: ValidConfiguration) throws(ShapeError) -> OptimizerMoments {
    try optimizerMoments(configuration.configuration)
  }
}
