import ArgumentParser
import Measurement
import VisionTransformer

extension Head: ExpressibleByArgument {}
extension Optimizer: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
extension GradientClipping: ExpressibleByArgument {}
extension Rematerialization: ExpressibleByArgument {}
extension Layers: ExpressibleByArgument {}

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
      "Images a core in one step; of a grid also several: \"8, 32\". (default: \(Defaults.batch))", valueName: "images"),
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
  var head: Head?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Outputs of the classifier. (default: \(Defaults.classes))", valueName: "n"),
    transform: wholeNumber)
  var classes: Int?
  @Option(help: "Optimizer. (default: \(Defaults.optimizer.rawValue))")
  var optimizer: Optimizer?
  @Option(help: "Precision of activations; parameters are float32. (default: \(Defaults.precision.rawValue))")
  var precision: Precision?
  @Option(
    help: ArgumentHelp(
      "Gradient clipping. (default: \(Defaults.gradientClipping.rawValue))", valueName: "clipping"))
  var gradientClipping: GradientClipping?
  @Option(
    help: ArgumentHelp(
      """
      What the backward pass computes again: automatic is the compiler's own choice near the limit, full is every \
      block. (default: \(Defaults.rematerialization.rawValue))
      """, valueName: "kind"))
  var rematerialization: Rematerialization?
  @Option(help: "Blocks written out or looped over. (default: \(Defaults.layers.rawValue))")
  var layers: Layers?
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

  /// Puts what was given into one configuration; nothing else is validated.
  ///
  /// - Throws: `CommandError` where several batches or image sizes were given.
  func applyToOne(_ configuration: inout Configuration) throws {
    apply(to: &configuration)
    if let batch { configuration.batch = try single(batch, "--batch", "batch") }
    if let imageSize { configuration.imageSize = try single(imageSize, "--image-size", "image size") }
  }

  private func single(_ axis: Grid.Axis, _ option: String, _ name: String) throws -> Int {
    guard let value = axis.fixedValues.first, axis.fixedValues.count == 1 else {
      throw CommandError.usage("\(option) \(axis) is not valid: one shape has one \(name); several are for a grid")
    }
    return value
  }

  /// Puts what was given, but for batch and image size, which are axes of a grid, into `configuration`; nothing is validated.
  func apply(to configuration: inout Configuration) {
    if let device { configuration.device = device }
    if let head { configuration.head = head }
    if let classes { configuration.classes = classes }
    if let optimizer { configuration.optimizer = optimizer }
    if let precision { configuration.precision = precision }
    if let gradientClipping { configuration.gradientClipping = gradientClipping }
    if let rematerialization { configuration.rematerialization = rematerialization }
    if let layers { configuration.layers = layers }
    if let dataParallel { configuration.dataParallel = dataParallel }
    if let memoryLimit { configuration.memoryLimit = memoryLimit }
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
