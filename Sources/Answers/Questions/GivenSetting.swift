import VisionTransformer

/// Everything that a question gives apart from the shape, as written; nil keeps the existing value.
package struct GivenSetting: Sendable {
  package var device: String?
  package var batch: Grid.Axis?
  package var imageSize: Grid.Axis?
  package var head: String?
  package var classes: Int?
  package var optimizer: String?
  package var precision: String?
  package var gradientClipping: String?
  package var rematerialization: String?
  package var layers: String?
  package var dataParallel: Int?
  package var memoryLimit: Bytes?
  package var compiler: String?

  /// A setting with nothing given.
  package init() {}

  /// Whether any of them was given.
  package var isEmpty: Bool {
    device == nil && batch == nil && imageSize == nil && head == nil && classes == nil && optimizer == nil
      && precision == nil && gradientClipping == nil && rematerialization == nil && layers == nil
      && dataParallel == nil && memoryLimit == nil && compiler == nil
  }

  /// Whether only the device or its memory was given.
  package var isEmptyExceptDevice: Bool {
    var other = self
    other.device = nil
    other.memoryLimit = nil
    other.compiler = nil
    return other.isEmpty
  }

  /// The keys of the contract that took their defaults, among those that matter most.
  package var assumed: Set<Configuration.Key> {
    var keys: Set<Configuration.Key> = []
    if batch == nil { keys.insert(.batch) }
    if head == nil { keys.insert(.head) }
    if classes == nil { keys.insert(.classes) }
    if optimizer == nil { keys.insert(.optimizer) }
    return keys
  }

  /// Applies what was given to the setting of a single configuration, like `apply(to:_:understood:)`.
  ///
  /// - Throws: `ConfigurationError` for an unknown word, and for more than one batch or image size.
  package func applyToOne(
    _ setting: inout Configuration.Setting, _ directory: some ShapeDirectory, understood: (String) -> Void
  ) throws(ConfigurationError) {
    try apply(to: &setting, directory, understood: understood)
    if let batch { setting.batch = try single(batch, .batch, "batch") }
    if let imageSize { setting.imageSize = try single(imageSize, .imageSize, "image size") }
  }

  private func single(_ axis: Grid.Axis, _ key: Configuration.Key, _ name: String) throws(ConfigurationError) -> Int {
    guard let value = axis.fixedValues.first, axis.fixedValues.count == 1 else {
      let values = axis.fixedValues
      // For a grid, `8,128` is a list; here it may be one number.
      let isGrouped = values.count > 1 && values.dropFirst().allSatisfy { (100...999).contains($0) } && values[0] < 1000
      let hint = isGrouped ? "; as one number write " + values.map(String.init).joined() : ""
      throw ConfigurationError(
        key: key.rawValue, value: "\(axis)", rule: "one shape has one \(name); several are for a grid" + hint)
    }
    return value
  }

  /// What was given, except batch and image size, which are axes of a grid.
  private var fields: [Configuration.Key: LooseValue] {
    var fields: [Configuration.Key: LooseValue] = [:]
    fields[.device] = device.map(LooseValue.string)
    fields[.head] = head.map(LooseValue.string)
    fields[.classes] = classes.map(LooseValue.integer)
    fields[.optimizer] = optimizer.map(LooseValue.string)
    fields[.precision] = precision.map(LooseValue.string)
    fields[.gradientClipping] = gradientClipping.map(LooseValue.string)
    fields[.rematerialization] = rematerialization.map(LooseValue.string)
    fields[.layers] = layers.map(LooseValue.string)
    fields[.dataParallel] = dataParallel.map(LooseValue.integer)
    fields[.memoryLimit] = memoryLimit.map { .integer($0.count) }
    fields[.compiler] = compiler.map(LooseValue.string)
    return fields
  }

  /// Applies what was given, except batch and image size, to `setting`; numbers are not validated.
  ///
  /// - Parameter understood: receives how a name was understood.
  /// - Throws: `ConfigurationError` for an unknown word.
  package func apply(
    to setting: inout Configuration.Setting, _ directory: some ShapeDirectory, understood: (String) -> Void
  ) throws(ConfigurationError) {
    var object: [String: LooseValue] = [:]
    for (key, value) in fields { object[key.rawValue] = value }
    let notes = try setting.apply(
      Fields<Configuration.Key>(.object(object), path: ""), directory: directory)
    notes.forEach(understood)
  }
}
