import VisionTransformer

/// What options say of everything but the shape; nil keeps the value that there is.
struct GivenSetting {
  var device: String?
  var batch: Grid.Axis?
  var imageSize: Grid.Axis?
  var head: Word<Head>?
  var classes: Int?
  var optimizer: Word<Optimizer>?
  var precision: Word<Precision>?
  var gradientClipping: Word<GradientClipping>?
  var rematerialization: Word<Rematerialization>?
  var layers: Word<Layers>?
  var dataParallel: Int?
  var memoryLimit: Bytes?

  /// Whether any of them was given.
  var isEmpty: Bool {
    device == nil && batch == nil && imageSize == nil && head == nil && classes == nil && optimizer == nil
      && precision == nil && gradientClipping == nil && rematerialization == nil && layers == nil
      && dataParallel == nil && memoryLimit == nil
  }

  /// The keys of the contract that were left to their defaults, of those that decide the most.
  var assumed: Set<Configuration.Key> {
    var keys: Set<Configuration.Key> = []
    if batch == nil { keys.insert(.batch) }
    if head == nil { keys.insert(.head) }
    if classes == nil { keys.insert(.classes) }
    if optimizer == nil { keys.insert(.optimizer) }
    return keys
  }

  /// Puts what was given into one configuration, as `apply(to:_:)` does.
  ///
  /// - Throws: `CommandError` where several batches or image sizes were given, `ConfigurationError` for a word that means
  ///   nothing.
  func applyToOne(_ configuration: inout Configuration, _ directory: some ShapeDirectory) throws {
    try apply(to: &configuration, directory)
    if let batch { configuration.batch = try single(batch, "--batch", "batch") }
    if let imageSize { configuration.imageSize = try single(imageSize, "--image-size", "image size") }
  }

  private func single(_ axis: Grid.Axis, _ option: String, _ name: String) throws -> Int {
    guard let value = axis.fixedValues.first, axis.fixedValues.count == 1 else {
      throw CommandError.usage("\(option) \(axis) is not valid: one shape has one \(name); several are for a grid")
    }
    return value
  }

  /// What was given, but for batch and image size, which are axes of a grid.
  private var fields: [Configuration.Key: LooseValue] {
    var fields: [Configuration.Key: LooseValue] = [:]
    fields[.device] = device.map(LooseValue.string)
    fields[.head] = head.map { .string($0.text) }
    fields[.classes] = classes.map(LooseValue.integer)
    fields[.optimizer] = optimizer.map { .string($0.text) }
    fields[.precision] = precision.map { .string($0.text) }
    fields[.gradientClipping] = gradientClipping.map { .string($0.text) }
    fields[.rematerialization] = rematerialization.map { .string($0.text) }
    fields[.layers] = layers.map { .string($0.text) }
    fields[.dataParallel] = dataParallel.map(LooseValue.integer)
    fields[.memoryLimit] = memoryLimit.map { .integer($0.count) }
    return fields
  }

  /// Puts what was given, but for batch and image size, into `configuration`, and says on standard error how names were
  /// understood; numbers are not validated.
  ///
  /// - Throws: `ConfigurationError` for a word that means nothing.
  func apply(to configuration: inout Configuration, _ directory: some ShapeDirectory) throws(ConfigurationError) {
    var object: [String: LooseValue] = [:]
    for (key, value) in fields { object[key.rawValue] = value }
    let notes = try configuration.apply(
      Fields<Configuration.Key>(.object(object), path: ""), directory: directory)
    for note in notes { remarkOnce(note) }
  }
}
