import Catalog
import Measurement
import VisionTransformer

/// A grid to be measured.
package struct MeasuredGrid: Sendable {
  /// Name in the catalog; nil for a user's own axes.
  package var name: String?
  /// The grid, with settings that can be measured.
  package var grid: Grid

  /// Limit on the configurations of one run.
  private static let largest = 100_000

  /// The grid of a question.
  ///
  /// - Throws: `AnswerError` with the key, its value and the rule.
  package init(_ question: GridQuestion, _ context: AnswerContext) throws {
    let (name, given) = try question.load(context)
    do throws(ConfigurationError) {
      var settings = given.settings
      for index in settings.indices {
        var template = settings[index].template
        let precision = template.precision
        template.applyMeasuredDefaults()
        // The precision of a catalog grid is kept; otherwise it defaults to what can be measured.
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

  /// `cpu`, or the given axes.
  package var title: String { name ?? grid.axes.title }
}

extension Configuration.Setting {
  /// Applies what was given, except batch and image size, to a setting to be measured.
  fileprivate mutating func apply(
    measuring setting: GivenSetting, _ context: AnswerContext
  ) throws(ConfigurationError) {
    try setting.apply(
      to: &self, MeasuringDirectory(catalog: context.catalog), understood: context.remarkOnce)
    try context.catalog.checkMeasurable(device: device)
    try checkMeasurable()
  }
}
