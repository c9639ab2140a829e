import ArgumentParser
import Catalog
import Measurement
import VisionTransformer

/// What is to be measured: one shape, or a grid.
struct MeasureOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp("Named shape, such as ViT-S/16; see `shapefinder shapes`.", valueName: "shape"),
    completion: .shapeNames)
  var shape: String?
  @Option(
    help: ArgumentHelp("Measure every shape of a grid; see `shapefinder grids`.", valueName: "name"),
    completion: .gridNames)
  var grid: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Encoder blocks; with a shape one number, else also an axis such as \"2..12 by 2\".", valueName: "axis"))
  var depth: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("Width, or widths.", valueName: "axis"))
  var width: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("MLP-width, or MLP-widths: \"2x, 4x\".", valueName: "axis"))
  var mlpWidth: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("Heads, or head counts: \"width/64\".", valueName: "axis"))
  var heads: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("Side of a patch in pixels, or sides.", valueName: "axis"))
  var patch: String?

  @OptionGroup(title: "Setting (here the device is cpu, the precision float32 and data parallelism 1)")
  var setting: SettingOptions

  private var axes: [(option: String, text: String?)] {
    [
      ("--depth", depth), ("--width", width), ("--mlp-width", mlpWidth), ("--heads", heads), ("--patch", patch),
    ]
  }

  /// Whether nothing was given.
  var isEmpty: Bool { shape == nil && grid == nil && axes.allSatisfy { $0.text == nil } && setting.isEmpty }
  /// Whether a shape or a grid was given.
  var asksSomething: Bool { shape != nil || grid != nil || axes.contains { $0.text != nil } }
  /// Whether it is a grid: it is named, or an axis is more than one number.
  var isGrid: Bool { grid != nil || (shape == nil && axes.contains { $0.text.map { Int($0) == nil } ?? false }) }

  func validate() throws {
    if shape != nil, grid != nil { throw ValidationError("a shape and --grid are two questions: give one of them") }
    if shape != nil, let axis = axes.first(where: { $0.text.map { Int($0) == nil } ?? false }) {
      throw ValidationError(
        "\(axis.option) \(axis.text ?? ""): with a named shape it is one number; leave out the shape for axes, or name a "
          + "grid with --grid")
    }
  }

  /// The one configuration that is asked for.
  ///
  /// - Throws: `CommandError` that names the option, its value and the rule.
  func configuration(_ catalog: Catalog) throws -> Configuration {
    func number(_ text: String?) -> Int? { text.flatMap { Int($0) } }
    let question = ShapeQuestion(
      name: shape, width: number(width), depth: number(depth), mlpWidth: number(mlpWidth), heads: number(heads),
      patch: number(patch))
    do {
      var configuration = try question.configuration(catalog)
      configuration.applyMeasuredDefaults()
      setting.apply(to: &configuration)
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
    let question = GridQuestion(
      name: grid, depth: depth, width: width, mlpWidth: mlpWidth, heads: heads, patch: patch, setting: setting)
    let (name, given) = try question.load(catalog)
    do {
      var settings = given.settings
      for index in settings.indices {
        var template = settings[index].template
        let precision = template.precision
        template.applyMeasuredDefaults()
        // What a grid of the catalog says of precision holds; what nobody said is what can be measured.
        if grid != nil { template.precision = precision }
        setting.apply(to: &template)
        template.batch = settings[index].template.batch
        template.imageSize = settings[index].template.imageSize
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

  /// More than anybody waits for.
  static let largest = 100_000
}

extension Configuration {
  /// Puts in what a measurement takes where nobody says otherwise.
  fileprivate mutating func applyMeasuredDefaults() {
    device = MeasuredDefaults.device
    precision = MeasuredDefaults.precision
    dataParallel = MeasuredDefaults.dataParallel
  }
}
