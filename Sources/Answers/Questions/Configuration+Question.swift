import Measurement
import VisionTransformer

extension Configuration {
  /// The single configuration of a question.
  ///
  /// - Throws: `AnswerError` with the key, its value and the rule.
  package init(_ shape: ShapeQuestion, _ setting: GivenSetting, _ context: AnswerContext) throws {
    try self.init(try shape.read(context), setting, context)
  }

  /// The single configuration of a question whose shape has been read.
  ///
  /// - Throws: `AnswerError` with the key, its value and the rule.
  package init(_ shape: ReadShape, _ setting: GivenSetting, _ context: AnswerContext) throws {
    do {
      var configuration = shape.configuration
      try setting.applyToOne(&configuration.setting, context.catalog, understood: context.remarkOnce)
      self = try configuration.validated().configuration
    } catch {
      throw AnswerError(error)
    }
  }

  /// The single configuration of a question to be measured.
  ///
  /// - Throws: `AnswerError` with the key, its value and the rule.
  package init(measuring shape: ShapeQuestion, _ setting: GivenSetting, _ context: AnswerContext) throws {
    do {
      var configuration = try shape.read(context).configuration
      configuration.setting.applyMeasuredDefaults()
      try setting.applyToOne(
        &configuration.setting, MeasuringDirectory(catalog: context.catalog), understood: context.remarkOnce)
      try context.catalog.checkMeasurable(device: configuration.device)
      try configuration.setting.checkMeasurable()
      self = try configuration.validated().configuration
    } catch let error as ConfigurationError {
      throw AnswerError(error)
    }
  }
}
