import VisionTransformer

/// Parameters and FLOPs of a configuration, whether or not it can run on any device.
public struct StepCounts: Sendable, Hashable {
  /// Trainable parameters: body, head and classifier.
  public var parameters: Int
  /// Forward FLOPs of one image, a multiply-add counting 2.
  public var flopsPerImage: FLOPs

  /// Counts over the step's program.
  ///
  /// - Throws: `ConfigurationError`; the tests rule this out for every structure.
  public init(_ configuration: Configuration) throws(ConfigurationError) {
    let sizes = AxisSizes(configuration)
    do {
      let program = try TrainingStep(configuration).program
      parameters = program.parameterCount(sizes)
      flopsPerImage = FLOPs(program.flops(.forward, sizes) / Double(max(1, configuration.batch)))
    } catch {
      throw ConfigurationError(key: "", value: "this configuration", rule: "\(error)")
    }
  }
}
