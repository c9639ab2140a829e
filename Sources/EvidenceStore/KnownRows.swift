import VisionTransformer

/// Row numbers that a writer has looked up or made, so that a grid's few settings and origins are asked for once.
struct KnownRows {
  /// Numbers of an interned origin's rows, and what its evidence says beside them.
  struct Origin {
    var kind: EvidenceKind
    var provenance: Int
    var note: Int?
    var isDisturbed = false
    var isOfMemoryOnly = false
  }

  /// Most settings that are remembered; a file of configurations may have one each.
  static let settingLimit = 65_536

  private var settings: [Configuration.Setting: Int] = [:]
  private var origins: [Int: Origin] = [:]
  private var last: (setting: Configuration.Setting, id: Int)?

  /// The number of a setting; `find` is asked where it is not known yet.
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

  /// The numbers of an origin; `find` is asked where they are not known yet.
  mutating func origin(_ index: Int, find: () throws -> Origin) rethrows -> Origin {
    if let known = origins[index] { return known }
    let found = try find()
    origins[index] = found
    return found
  }
}
