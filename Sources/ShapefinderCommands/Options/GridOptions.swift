import ArgumentParser
import Catalog
import Estimation
import Selection
import VisionTransformer

/// A grid of the catalog, axes of one's own, or both.
struct GridOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("Name of a grid; see `shapefinder grids`.", valueName: "grid"), completion: .gridNames)
  var name: String?
  @Option(
    name: .customLong("grid"), help: ArgumentHelp("The same as an option.", valueName: "name", visibility: .hidden),
    completion: .gridNames)
  var nameAsOption: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Encoder blocks: \"1..100\". Axes that are given replace those of a named grid.", valueName: "axis"))
  var depth: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("Widths: \"512..2560 by 64\".", valueName: "axis"))
  var width: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("MLP-widths: \"4096, 8192\", or ratios \"3x..6x by 0.5x, rounded to 128\".", valueName: "axis"))
  var mlpWidth: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("Head counts: \"8, 16\", or \"width/64\".", valueName: "axis"))
  var heads: String?
  @Option(parsing: .unconditional, help: ArgumentHelp("Patch sides in pixels: \"14, 16\".", valueName: "axis"))
  var patch: String?

  @OptionGroup(title: "Setting (of every configuration; what is not given is the grid's own)")
  var setting: SettingOptions

  /// Whether a grid of the catalog is named.
  var isNamed: Bool { name != nil || nameAsOption != nil }
  /// Whether any axis is given.
  var hasAxes: Bool { axisTexts.contains { $0.text != nil } }

  private var axisTexts: [(key: Grid.Key, option: String, text: String?)] {
    [
      (.depth, "--depth", depth), (.width, "--width", width), (.mlpWidth, "--mlp-width", mlpWidth),
      (.heads, "--heads", heads), (.patch, "--patch", patch),
    ]
  }

  /// The grid.
  ///
  /// - Throws: `CommandError` that names the option, its value and the rule.
  func load(_ catalog: Catalog) throws -> SearchedGrid {
    if let name, let other = nameAsOption, name != other {
      throw CommandError.usage("two grids, \(name) and --grid \(other): give one")
    }
    do {
      let base = try (name ?? nameAsOption).map { try catalog.grid(named: $0) }
      let grid = try Grid(
        axes: axes(over: base), settings: settings(over: base), constraints: base?.grid.constraints ?? .init(),
        marks: base?.grid.marks ?? [])
      return try SearchedGrid(name: base?.name, grid: grid, catalog: catalog)
    } catch let error as ConfigurationError {
      throw CommandError.usage(error)
    }
  }

  private func axes(over base: GridFile?) throws -> Grid.Axes {
    var given: [Grid.Key: Grid.Axis] = [:]
    for (key, option, text) in axisTexts {
      // All that the grid has: for `map`, which else draws a choice of them.
      guard let text, base == nil || text != "all" else { continue }
      do {
        given[key] = try Grid.Axis(parsing: text)
      } catch {
        throw CommandError.usage("\(option) \(error)")
      }
    }
    if let batch = setting.batch { given[.batch] = Grid.Axis([batch]) }
    if let imageSize = setting.imageSize { given[.imageSize] = Grid.Axis([imageSize]) }
    if var axes = base?.grid.axes {
      for (key, axis) in given { axes[key] = axis }
      return axes
    }
    guard let depth = given[.depth], let width = given[.width], let heads = given[.heads],
      let mlpWidth = given[.mlpWidth], let patch = given[.patch]
    else {
      let missing = axisTexts.filter { $0.text == nil }.map(\.option)
      let hint = missing.count == axisTexts.count ? "" : "; missing: " + missing.joined(separator: ", ")
      throw CommandError.usage(
        "no grid: give a name such as figure8, or all of " + axisTexts.map(\.option).joined(separator: " ") + hint)
    }
    var axes = Grid.Axes(depth: depth, width: width, heads: heads, mlpWidth: mlpWidth, patch: patch)
    for key in [Grid.Key.batch, .imageSize] { if let axis = given[key] { axes[key] = axis } }
    return axes
  }

  /// The settings with the options put in; settings that become the same are one.
  private func settings(over base: GridFile?) throws -> [Grid.Setting] {
    let anyShape = Shape(width: 1, depth: 1, mlpWidth: 1, heads: 1, patch: 1)
    let own = base?.grid.settings ?? [Grid.Setting(name: "default", template: Configuration(shape: anyShape))]
    var settings: [Grid.Setting] = []
    for var changed in own {
      let before = changed.template
      setting.apply(to: &changed.template)
      // Axes of the grid, and so no part of a setting.
      changed.template.batch = before.batch
      changed.template.imageSize = before.imageSize
      if changed.template != before || changed.label.isEmpty {
        changed.label = "\(changed.template.head.title), \(changed.template.optimizer.title)"
      }
      if !settings.contains(where: { $0.template == changed.template }) { settings.append(changed) }
    }
    return settings
  }
}

/// A grid that is about to be searched, with everything that the answer says of it.
struct SearchedGrid {
  /// Name in the catalog; nil for axes of one's own.
  var name: String?
  /// The grid.
  var grid: Grid
  /// The estimator of each setting.
  var estimators: [Estimator]

  /// - Throws: `ConfigurationError` for an unknown device.
  init(name: String?, grid: Grid, catalog: Catalog) throws(ConfigurationError) {
    self.name = name
    self.grid = grid
    estimators = []
    for setting in grid.settings {
      estimators.append(Estimator(device: try catalog.device(named: setting.template.device)))
    }
  }

  /// The search.
  func search(_ filter: EstimateFilter = EstimateFilter()) -> GridSearch {
    GridSearch(grid, estimators: estimators, filter: filter)
  }
}
