import VisionTransformer

/// Row numbers that a writer has looked up or made, so that a grid's few settings and origins are asked for once.
struct KnownRows {
  /// Numbers of an interned origin's rows.
  struct Origin {
    var provenance: Int
    var note: Int?
  }

  /// Most settings that are remembered; a file of configurations may have one each.
  static let settingLimit = 65_536

  private var settings: [Setting: Int] = [:]
  private var origins: [Int: Origin] = [:]
  private var last: (configuration: Configuration, setting: Int)?

  /// The number of the setting of `configuration`; `find` is asked where it is not known yet.
  mutating func setting(of configuration: Configuration, find: (Setting) throws -> Int) rethrows -> Int {
    if let last, Setting.isShared(last.configuration, configuration) { return last.setting }
    let setting = Setting(configuration)
    let id: Int
    if let known = settings[setting] {
      id = known
    } else {
      id = try find(setting)
      if settings.count >= Self.settingLimit { settings.removeAll(keepingCapacity: true) }
      settings[setting] = id
    }
    last = (configuration, id)
    return id
  }

  /// The numbers of an origin; `find` is asked where they are not known yet.
  mutating func origin(_ index: Int, find: () throws -> Origin) rethrows -> Origin {
    if let known = origins[index] { return known }
    let found = try find()
    origins[index] = found
    return found
  }
}

/// Everything of a configuration but its shape and the shape's name.
struct Setting: Hashable {
  /// The configuration with a shape of no meaning.
  let configuration: Configuration

  init(_ configuration: Configuration) {
    var configuration = configuration
    configuration.shape = Shape(width: 0, depth: 0, mlpWidth: 0, heads: 0, patch: 0)
    configuration.shapeName = nil
    self.configuration = configuration
  }

  /// Whether both are of one setting, without making either.
  static func isShared(_ a: Configuration, _ b: Configuration) -> Bool {
    a.batch == b.batch && a.optimizer == b.optimizer && a.head == b.head && a.memoryLimit == b.memoryLimit
      && a.imageSize == b.imageSize && a.classes == b.classes && a.precision == b.precision
      && a.gradientClipping == b.gradientClipping && a.rematerialization == b.rematerialization
      && a.layers == b.layers && a.dataParallel == b.dataParallel && a.device == b.device
  }
}
