import TrainingStep
import VisionTransformer

extension CompileProgram {
  /// The training step of a configuration as its device's cores run it together.
  ///
  /// - Throws: `ConfigurationError` for what the printer does not write.
  public init(_ configuration: Configuration) throws(ConfigurationError) {
    throw ConfigurationError(key: "", value: configuration.shape.description, rule: "programs are not printed yet")
  }
}
