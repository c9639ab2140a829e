import ArgumentParser
import Measurement
import VisionTransformer

/// A word of an option as it was written; `Configuration` says what it means, the same as in JSON and in grids.
struct Word<Choice: NamedChoice>: ExpressibleByArgument {
  var text: String

  init(argument: String) { text = argument }

  static var allValueStrings: [String] { Choice.allCases.map(\.rawValue) }
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

/// Everything of a configuration but its shape. What is not given keeps the value it has.
struct SettingOptions: ParsableArguments {
  private typealias Defaults = Configuration.Defaults

  @Option(
    help: ArgumentHelp("Device; see `shapefinder devices`. (default: \(Defaults.device))", valueName: "name"),
    completion: .deviceNames)
  var device: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Images a core, or a chip where that is the device, in one step; of a grid also several: \"8, 32\". (default: \(Defaults.batch))",
      valueName: "images"),
    transform: numbers)
  var batch: Grid.Axis?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Side of the square image in pixels; of a grid also several. (default: \(Defaults.imageSize))",
      valueName: "pixels"),
    transform: numbers)
  var imageSize: Grid.Axis?
  @Option(help: "How the tokens become one vector. (default: \(Defaults.head.rawValue))")
  var head: Word<Head>?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Outputs of the classifier. (default: \(Defaults.classes))", valueName: "n"),
    transform: wholeNumber)
  var classes: Int?
  @Option(
    help:
      "Optimizer; adamw is adam, sgd is without momentum and sgd-momentum with. (default: \(Defaults.optimizer.rawValue))"
  )
  var optimizer: Word<Optimizer>?
  @Option(help: "Precision of activations; parameters are float32. (default: \(Defaults.precision.rawValue))")
  var precision: Word<Precision>?
  @Option(
    help: ArgumentHelp(
      "Gradient clipping. (default: \(Defaults.gradientClipping.rawValue))", valueName: "clipping"))
  var gradientClipping: Word<GradientClipping>?
  @Option(
    help: ArgumentHelp(
      """
      What the backward pass computes again: automatic is the compiler's own choice near the limit, full is every \
      block. (default: \(Defaults.rematerialization.rawValue))
      """, valueName: "kind"))
  var rematerialization: Word<Rematerialization>?
  @Option(help: "Blocks written out or looped over. (default: \(Defaults.layers.rawValue))")
  var layers: Word<Layers>?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Cores that share the gradient all-reduce. (default: \(Defaults.dataParallel))", valueName: "cores"),
    transform: wholeNumber)
  var dataParallel: Int?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Memory there is, such as 15.48GiB. (default: the device's usable memory)", valueName: "bytes"),
    transform: size)
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

/// A whole number of an option, such as `8`.
@Sendable func wholeNumber(_ text: String) throws -> Int {
  if let value = Int(text) { return value }
  let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
  guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
    throw ValidationError("must be a whole number")
  }
  throw ValidationError("is too large")
}

/// Whole numbers of an option, such as `8` or `8, 32` or `8..64 by 8`.
@Sendable func numbers(_ text: String) throws -> Grid.Axis {
  guard text.contains(where: { ", ".contains($0) }) || text.contains("..") else {
    return Grid.Axis([try wholeNumber(text)])
  }
  let axis: Grid.Axis
  do { axis = try Grid.Axis(parsing: text) } catch { throw ValidationError("must be whole numbers: \(error)") }
  guard !axis.isRelative else { throw ValidationError("must be whole numbers, not ratios to the width") }
  return axis
}

/// A size of an option, such as `15.48GiB`.
@Sendable func size(_ text: String) throws -> Bytes {
  do { return try Bytes(parsing: text) } catch { throw ValidationError(error.rule) }
}

extension MatrixProducts: ExpressibleByArgument {}
