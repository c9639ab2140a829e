import Catalog
import Selection
import VisionTransformer

/// A grid of the catalog, a user's own axes, or both, as written.
package struct GridQuestion: Sendable {
  package var name: String?
  package var depth: String?
  package var width: String?
  package var mlpWidth: String?
  package var heads: String?
  package var patch: String?
  package var setting: GivenSetting

  /// A question.
  package init(
    name: String?, depth: String?, width: String?, mlpWidth: String?, heads: String?, patch: String?,
    setting: GivenSetting
  ) {
    self.name = name
    self.depth = depth
    self.width = width
    self.mlpWidth = mlpWidth
    self.heads = heads
    self.patch = patch
    self.setting = setting
  }

  /// Whether any axis is given.
  package var hasAxes: Bool { axisTexts.contains { $0.text != nil } }

  private var axisTexts: [(key: Grid.Key, option: String, text: String?)] {
    [(.depth, depth), (.width, width), (.mlpWidth, mlpWidth), (.heads, heads), (.patch, patch)].map { key, text in
      (key, "--" + key.rawValue.optionName, text)
    }
  }

  /// The grid.
  ///
  /// - Throws: `AnswerError` with the key, its value and the rule.
  package func load(_ context: AnswerContext) throws -> (name: String?, grid: Grid) {
    do {
      let base = try name.map { try context.catalog.grid(named: $0) }
      let grid = try Grid(
        axes: axes(over: base), settings: settings(over: base, context), constraints: base?.grid.constraints ?? .init(),
        marks: base?.grid.marks ?? [])
      return (base?.name, grid)
    } catch let error as ConfigurationError {
      throw AnswerError(error)
    }
  }

  /// The grid, ready to be searched; adds remarks on memory limits above the devices' own.
  ///
  /// - Throws: as `load`.
  package func searched(_ context: AnswerContext) throws -> SearchedGrid {
    let (name, grid) = try load(context)
    do {
      let searched = try SearchedGrid(name: name, grid: grid, catalog: context.catalog)
      searched.limitNotes.forEach { context.remark("limit: \($0)") }
      return searched
    } catch {
      throw AnswerError(error)
    }
  }

  private func axes(over base: GridFile?) throws -> Grid.Axes {
    var given: [Grid.Key: Grid.Axis] = [:]
    for (key, option, text) in axisTexts {
      // `all` means the grid's own values; for `map`, which otherwise draws a selection of them.
      guard let text, base == nil || text != "all" else { continue }
      do {
        given[key] = try Grid.Axis(parsing: text)
      } catch {
        throw AnswerError(.invalid, "\(option) \(error)")
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
      throw AnswerError(
        .invalid,
        "no grid: give a name such as figure8, or all of " + axisTexts.map(\.option).joined(separator: " ") + hint)
    }
    var axes = Grid.Axes(depth: depth, width: width, heads: heads, mlpWidth: mlpWidth, patch: patch)
    for key in [Grid.Key.batch, .imageSize] { if let axis = given[key] { axes[key] = axis } }
    return axes
  }

  /// The settings with the options applied; settings that become equal are merged.
  private func settings(over base: GridFile?, _ context: AnswerContext) throws -> [Grid.Setting] {
    let own = base?.grid.settings ?? [Grid.Setting(name: "default", template: Configuration.Setting())]
    var settings: [Grid.Setting] = []
    let devices = try setting.perDevice(context)
    for (setting, var changed) in devices.flatMap({ device in own.map { (device, $0) } }) {
      let before = changed.template
      try setting.apply(to: &changed.template, context.catalog, understood: context.remarkOnce)
      // A label names head and optimizer; anything else that all settings share is in the title.
      let isRelabelled = changed.template.head != before.head || changed.template.optimizer != before.optimizer
      if isRelabelled || changed.label.isEmpty {
        changed.label = "\(changed.template.head.title), \(changed.template.optimizer.title)"
      }
      if devices.count > 1 {
        let device = changed.template.device
        changed.label = device + (own.count > 1 ? ": " + changed.title : "")
        changed.name += " " + device
        changed.colour = nil
      }
      if !settings.contains(where: { $0.template == changed.template }) { settings.append(changed) }
    }
    return settings
  }
}
