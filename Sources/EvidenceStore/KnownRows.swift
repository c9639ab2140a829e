import VisionTransformer

/// Row numbers that a writer has looked up or inserted, so that a grid's few settings and origins are looked up once.
struct KnownRows {
  /// Row numbers of an interned origin, and the values that its evidence shares.
  struct Origin {
    var kind: EvidenceKind
    var provenance: Int
    var note: Int?
    var isDisturbed = false
    var isOfMemoryOnly = false
  }

  /// Number of settings that are cached; each configuration in a file may have its own.
  static let settingLimit = 65_536

  private var settings: [Configuration.Setting: Int] = [:]
  private var origins: [Int: Origin] = [:]
  private var last: (setting: Configuration.Setting, id: Int)?

  /// The number of a setting, from `find` if it is not known yet.
  mutating func number(
    of setting: Configuration.Setting, find: (Configuration.Setting) throws -> Int
  ) rethrows -> Int {
    if let last, last.setting == setting { return last.id }
    let id: Int
    if let known = settings[setting] {
      id = known
    } else {
      id = try find(setting)
      if settings.count >= Self.settingLimit { settings.removeAll(keepingCapacity: true) }
      settings[setting] = id
    }
    last = (setting, id)
    return id
  }

  /// The numbers of an origin, from `find` if they are not known yet.
  mutating func origin(_ index: Int, find: () throws -> Origin) rethrows -> Origin {
    if let known = origins[index] { return known }
    let found = try find()
    origins[index] = found
    return found
  }
}
