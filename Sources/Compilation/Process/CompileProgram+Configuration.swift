import VisionTransformer

extension CompileProgram {
  /// The training step of a configuration, as its device's cores run it together.
  ///
  /// - Throws: `ConfigurationError` for a step that cannot be described, which the tests rule out for every structure.
  public init(_ configuration: Configuration) throws(ConfigurationError) {
    do {
      let module = try StableHLOModule(configuration)
      self.init(module.text, partitions: module.partitions)
    } catch {
      throw ConfigurationError(key: "", value: configuration.shape.description, rule: "\(error)")
    }
  }
}
