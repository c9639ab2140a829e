import Answers
import Catalog
import Selection
import VisionTransformer

/// A grid of the catalog, axes of one's own, or both, as they were written.
struct GridQuestion {
  var name: String?
  var depth: String?
  var width: String?
  var mlpWidth: String?
  var heads: String?
  var patch: String?
  var setting: GivenSetting

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
  func load(_ catalog: Catalog) throws -> (name: String?, grid: Grid) {
    do {
      let base = try name.map { try catalog.grid(named: $0) }
      let grid = try Grid(
        axes: axes(over: base), settings: settings(over: base, catalog), constraints: base?.grid.constraints ?? .init(),
        marks: base?.grid.marks ?? [])
      return (base?.name, grid)
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
    given[.batch] = setting.batch
    given[.imageSize] = setting.imageSize
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
  private func settings(over base: GridFile?, _ catalog: Catalog) throws -> [Grid.Setting] {
    let anyShape = Shape(width: 1, depth: 1, mlpWidth: 1, heads: 1, patch: 1)
    let own = base?.grid.settings ?? [Grid.Setting(name: "default", template: Configuration(shape: anyShape))]
    var settings: [Grid.Setting] = []
    for var changed in own {
      let before = changed.template
      try setting.apply(to: &changed.template, catalog)
      // A label says head and optimizer; what else all settings have in common stands in the title.
      let isRelabelled = changed.template.head != before.head || changed.template.optimizer != before.optimizer
      if isRelabelled || changed.label.isEmpty {
        changed.label = "\(changed.template.head.title), \(changed.template.optimizer.title)"
      }
      if !settings.contains(where: { $0.template == changed.template }) { settings.append(changed) }
    }
    return settings
  }
}
