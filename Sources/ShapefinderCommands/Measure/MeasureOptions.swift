import ArgumentParser
import Catalog
import Measurement
import VisionTransformer

/// What is to be measured: one shape, or a grid.
struct MeasureOptions: ParsableArguments {
  @OptionGroup(title: "Shape or grid") var asked: ShapeOrGridOptions
  @OptionGroup(title: "Setting") var options: SettingOptions<ThisMachine>

  /// What options say of the setting.
  var setting: GivenSetting { options.given }

  /// Whether nothing was given.
  var isEmpty: Bool { !asked.asksSomething && setting.isEmpty }

  /// The one configuration that is asked for.
  ///
  /// - Throws: `CommandError` that names the option, its value and the rule.
  func configuration(_ catalog: Catalog) throws -> Configuration {
    do {
      var configuration = try asked.shapeQuestion.configuration(catalog)
      configuration.applyMeasuredDefaults()
      try setting.applyToOne(&configuration, MeasuringDirectory(catalog: catalog))
      try catalog.checkMeasurable(device: configuration.device)
      try configuration.checkMeasurable()
      return try configuration.validated()
    } catch let error as ConfigurationError {
      throw CommandError.usage(error)
    }
  }

  /// The grid that is asked for.
  ///
  /// - Throws: `CommandError` that names the option, its value and the rule.
  func measuredGrid(_ catalog: Catalog) throws -> MeasuredGrid {
    let (name, given) = try asked.gridQuestion(setting).load(catalog)
    do {
      var settings = given.settings
      for index in settings.indices {
        var template = settings[index].template
        let precision = template.precision
        template.applyMeasuredDefaults()
        // What a grid of the catalog says of precision holds; what nobody said is what can be measured.
        if asked.grid != nil { template.precision = precision }
        try setting.apply(to: &template, MeasuringDirectory(catalog: catalog))
        try catalog.checkMeasurable(device: template.device)
        try template.checkMeasurable()
        settings[index].template = template
      }
      let grid = try Grid(axes: given.axes, settings: settings, constraints: given.constraints, marks: given.marks)
      return MeasuredGrid(name: name, grid: grid)
    } catch {
      throw CommandError.usage(error)
    }
  }
}

/// A grid that is to be measured.
struct MeasuredGrid {
  /// Name in the catalog; nil for axes of one's own.
  var name: String?
  /// The grid, its settings as they can be measured.
  var grid: Grid

  /// Most configurations of one run.
  static let largest = 100_000
}
