import VisionTransformer

/// What a question says of everything but the shape, words as they were written; nil keeps the value that there is.
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

  /// Nothing is said.
  package init() {}

  /// Whether any of them was given.
  package var isEmpty: Bool {
    device == nil && batch == nil && imageSize == nil && head == nil && classes == nil && optimizer == nil
      && precision == nil && gradientClipping == nil && rematerialization == nil && layers == nil
      && dataParallel == nil && memoryLimit == nil
  }

  /// Whether nothing was given except the device and its memory.
  package var isEmptyExceptDevice: Bool {
    var other = self
    other.device = nil
    other.memoryLimit = nil
    return other.isEmpty
  }

  /// The keys of the contract that were left to their defaults, of those that decide the most.
  package var assumed: Set<Configuration.Key> {
    var keys: Set<Configuration.Key> = []
    if batch == nil { keys.insert(.batch) }
    if head == nil { keys.insert(.head) }
    if classes == nil { keys.insert(.classes) }
    if optimizer == nil { keys.insert(.optimizer) }
    return keys
  }

  /// Puts what was given into the setting of one configuration, as `apply(to:_:understood:)` does.
  ///
  /// - Throws: `ConfigurationError` for a word that means nothing, and for several batches or image sizes.
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
      // `8,128` is a list to a grid; here it may be one number.
      let isGrouped = values.count > 1 && values.dropFirst().allSatisfy { (100...999).contains($0) } && values[0] < 1000
      let hint = isGrouped ? "; as one number write " + values.map(String.init).joined() : ""
      throw ConfigurationError(
        key: key.rawValue, value: "\(axis)", rule: "one shape has one \(name); several are for a grid" + hint)
    }
    return value
  }

  /// What was given, all except batch and image size, which are axes of a grid.
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
    return fields
  }

  /// Puts what was given, all except batch and image size, into `setting`; numbers are not validated.
  ///
  /// - Parameter understood: takes how a name was understood.
  /// - Throws: `ConfigurationError` for a word that means nothing.
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
