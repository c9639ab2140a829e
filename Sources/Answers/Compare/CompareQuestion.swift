import Catalog
import Reporting
import VisionTransformer

/// A question about how shapes compare: by name or file in one setting, on one device or several, or as listed in a
/// file of configurations.
package struct CompareQuestion: Sendable {
  /// The shapes.
  package var shapes: [ShapeQuestion] = []
  /// The setting of all shapes; several devices are a list, or `all`.
  package var setting = GivenSetting()
  /// A file of configurations instead; `-` is standard input.
  package var file: String?
  /// A training run for each configuration.
  package var budget = BudgetQuestion()

  /// Limit on compared configurations: for example, a hundred shapes on one device. For more, use answers line by line.
  static let most = 100

  /// A question.
  package init(
    shapes: [ShapeQuestion], setting: GivenSetting = GivenSetting(), file: String? = nil,
    budget: BudgetQuestion = BudgetQuestion()
  ) {
    self.shapes = shapes
    self.setting = setting
    self.file = file
    self.budget = budget
  }

  /// The configurations, grouped by device.
  ///
  /// - Throws: `AnswerError` that names the key, its value and the rule, or the line of the file; `CatalogError` for a
  ///   model's file.
  func configurations(_ context: AnswerContext) throws -> [Configuration] {
    let configurations = try file.map { try read($0, context) } ?? named(context)
    var known: [Configuration: String] = [:]
    for configuration in configurations {
      if let other = known.updateValue(configuration.title, forKey: configuration.unnamed) {
        throw twice(
          "shape", configuration.title, other == configuration.title ? "" : ", as \(other)")
      }
    }
    var devices: [String] = []
    for configuration in configurations where !devices.contains(configuration.device) {
      devices.append(configuration.device)
    }
    return devices.flatMap { device in configurations.filter { $0.device == device } }
  }

  private func named(_ context: AnswerContext) throws -> [Configuration] {
    guard !shapes.isEmpty else {
      throw AnswerError(.invalid, "no shapes: give names such as ViT-g/14 ViT-G/14, models' files, or --configurations")
    }
    try check(count: shapes.count)
    let read = try shapes.map { try $0.read(context) }
    return try setting.perDevice(context).flatMap { setting in
      try read.map { try Configuration($0, setting, context) }
    }
  }

  private func read(_ path: String, _ context: AnswerContext) throws -> [Configuration] {
    let reader = ConfigurationReader(directory: context.catalog, understood: context.remarkOnce)
    var questions = try QuestionReader(path: path, stop: context.stop), configurations: [Configuration] = []
    while let question = try questions.next(beforeWaiting: {}) {
      do throws(ConfigurationError) {
        configurations.append(try reader.configuration(question))
      } catch {
        throw AnswerError(.badData, LineError(line: question.line, item: question.item, error).message)
      }
      try check(count: configurations.count)
    }
    guard !configurations.isEmpty else { throw AnswerError(.badData, "\(path): no configurations") }
    return configurations
  }

  private func check(count: Int) throws {
    guard count <= Self.most else {
      throw AnswerError(
        .invalid,
        "at most \(Self.most) shapes stand side by side; `check --configurations` answers any number, one a line")
    }
  }

  private func twice(_ key: String, _ name: String, _ otherwise: String) -> AnswerError {
    AnswerError(
      ConfigurationError(key: key, value: "\(LooseValue.string(name))", rule: "stands there already\(otherwise)"))
  }
}
