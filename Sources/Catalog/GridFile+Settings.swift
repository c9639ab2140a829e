import VisionTransformer

extension GridFile {
  /// The keys that a setting has besides the options of the contract.
  private enum SettingKey: String, CaseIterable {
    case name, label, colour, source
  }

  /// Options that are axes of a grid, and therefore not part of a setting.
  private static let axisKeys: [Configuration.Key] = [.shape, .batch, .imageSize]

  static func settings(
    _ fields: YAMLMapping<Key>, base: Configuration.Setting, directory: any ShapeDirectory
  ) throws(CatalogError) -> [Grid.Setting] {
    guard let node = fields[.settings] else { return [Grid.Setting(name: "default", template: base)] }
    guard case .list(let nodes) = node.content, !nodes.isEmpty else {
      throw fields.error(.settings, node, "must be a list of settings, each with a name")
    }
    var settings: [Grid.Setting] = []
    for node in nodes {
      let setting = try setting(node, base: base, directory: directory)
      guard !settings.contains(where: { $0.name == setting.name }) else {
        throw node.error("settings: the name \"\(setting.name)\" stands twice")
      }
      settings.append(setting)
    }
    return settings
  }

  private static func setting(
    _ node: YAMLNode, base: Configuration.Setting, directory: any ShapeDirectory
  ) throws(CatalogError) -> Grid.Setting {
    guard case .mapping(let pairs) = node.content else {
      throw node.error(notValid("settings", "\(node.looseValue)", "must be a mapping with a name and options"))
    }
    func isOwn(_ key: YAMLNode) -> Bool { key.text.flatMap(SettingKey.init) != nil }
    var own = node, options = node
    own.content = .mapping(pairs.filter { isOwn($0.key) })
    options.content = .mapping(pairs.filter { !isOwn($0.key) })
    let fields = try YAMLMapping<SettingKey>(own, path: "settings.")
    let name = try fields.text(.name)
    var setting = Grid.Setting(
      name: name, label: try fields.optionalText(.label) ?? "",
      template: try template(
        options, of: node, path: "settings.\(excerpt(of: name)).", over: base, directory: directory))
    if let colour = fields[.colour] { setting.colour = try fields.choice(.colour, colour) as Grid.Colour }
    _ = try fields.optionalText(.source)
    return setting
  }

  /// `base` with the options of a mapping applied.
  static func template(
    _ node: YAMLNode?, of root: YAMLNode, path: String, over base: Configuration.Setting,
    directory: any ShapeDirectory
  ) throws(CatalogError) -> Configuration.Setting {
    guard let node else {
      try checkDevice(of: base, at: root, directory: directory)
      return base
    }
    let fields = try YAMLMapping<Configuration.Key>(node, path: path)
    for key in axisKeys {
      guard let value = fields[key] else { continue }
      throw value.error("\(fields.name(key)): is an axis of the grid; write it under axes")
    }
    var template = base
    do {
      // Notes on how words were understood have no reader here.
      _ = try template.apply(try Fields<Configuration.Key>(node.looseValue, path: ""), directory: directory)
      try template.checkApartFromAxes()
    } catch {
      throw (node.value(of: error.key) ?? node).error(path + error.description)
    }
    return template
  }

  private static func checkDevice(
    of base: Configuration.Setting, at node: YAMLNode, directory: any ShapeDirectory
  ) throws(CatalogError) {
    do {
      try directory.checkDevice(named: base.device)
    } catch {
      throw node.error("fixed.\(error)")
    }
  }
}
