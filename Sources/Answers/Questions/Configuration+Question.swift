import Measurement
import VisionTransformer

extension Configuration {
  /// The one configuration of a question.
  ///
  /// - Throws: `AnswerError` that names the key, its value and the rule.
  package init(_ shape: ShapeQuestion, _ setting: GivenSetting, _ context: AnswerContext) throws {
    do {
      var configuration = try shape.configuration(context)
      try setting.applyToOne(&configuration.setting, context.catalog, understood: context.remarkOnce)
      self = try configuration.validated().configuration
    } catch let error as ConfigurationError {
      throw AnswerError(error)
    }
  }

  /// The one configuration that is to be measured.
  ///
  /// - Throws: `AnswerError` that names the key, its value and the rule.
  package init(measuring shape: ShapeQuestion, _ setting: GivenSetting, _ context: AnswerContext) throws {
    do {
      var configuration = try shape.configuration(context)
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
