import Catalog
import Measurement
import VisionTransformer

/// A grid that is to be measured.
package struct MeasuredGrid: Sendable {
  /// Name in the catalog; nil for axes of one's own.
  package var name: String?
  /// The grid, its settings as they can be measured.
  package var grid: Grid

  /// Most configurations of one run.
  private static let largest = 100_000

  /// The grid of a question.
  ///
  /// - Throws: `AnswerError` that names the key, its value and the rule.
  package init(_ question: GridQuestion, _ context: AnswerContext) throws {
    let (name, given) = try question.load(context)
    do throws(ConfigurationError) {
      var settings = given.settings
      for index in settings.indices {
        var template = settings[index].template
        let precision = template.precision
        template.applyMeasuredDefaults()
        // What a grid of the catalog says of precision holds; what nobody said is what can be measured.
        if name != nil { template.precision = precision }
        try template.apply(measuring: question.setting, context)
        settings[index].template = template
      }
      grid = try Grid(axes: given.axes, settings: settings, constraints: given.constraints, marks: given.marks)
      self.name = name
    } catch {
      throw AnswerError(error)
    }
    guard grid.count <= Self.largest else {
      throw AnswerError(
        .invalid,
        "\(counted(grid.count, "configuration")) is over the limit of \(grouped(Self.largest)); narrow it with "
          + "--depth, --width, --mlp-width or --heads")
    }
  }

  /// `cpu`, or the axes that were given.
  package var title: String { name ?? grid.axes.title }
}

extension Configuration.Setting {
  /// Puts what was given, all except batch and image size, into a setting that is to be measured.
  fileprivate mutating func apply(
    measuring setting: GivenSetting, _ context: AnswerContext
  ) throws(ConfigurationError) {
    try setting.apply(
      to: &self, MeasuringDirectory(catalog: context.catalog), understood: context.remarkOnce)
    try context.catalog.checkMeasurable(device: device)
    try checkMeasurable()
  }
}
