import Answers
import ArgumentParser
import Measurement
import VisionTransformer

/// An option's word as written; `Configuration` interprets it, in the same way as in JSON and in grids.
struct Word<Choice: NamedChoice>: ExpressibleByArgument {
  var text: String

  init(argument: String) { text = argument }

  static var allValueStrings: [String] { Choice.allCases.map(\.rawValue) }
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

/// The defaults of a setting's options, which the help also shows.
protocol SettingContext {
  static var device: String { get }
  static var precision: Precision { get }
  static var dataParallel: Int { get }
  static var memory: String { get }
  /// Visibility of options that have only one valid value.
  static var fixed: ArgumentVisibility { get }
}

/// Questions about any device.
enum AnyDevice: SettingContext {
  static let device = Configuration.Defaults.device
  static let precision = Configuration.Defaults.precision
  static let dataParallel = Configuration.Defaults.dataParallel
  static let memory = "the device's"
  static let fixed = ArgumentVisibility.default
}

/// Trials, which run on one machine.
enum ThisMachine: SettingContext {
  static let device = "cpu"
  static let precision = Precision.float32
  static let dataParallel = 1
  static let memory = "the machine's"
  static let fixed = ArgumentVisibility.hidden
}

/// Everything in a configuration except its shape.
struct SettingOptions<Context: SettingContext>: ParsableArguments {
  private typealias Defaults = Configuration.Defaults

  @Option(
    help: ArgumentHelp(
      "Device; see `shapefinder devices`. (default: \(Context.device))", valueName: "name", visibility: Context.fixed),
    completion: .deviceNames)
  var device: [String] = []
  @Option("Images a core (chip); several for a grid. (default: \(Defaults.batch))", "images", transform: numbers)
  var batch: Grid.Axis?
  @Option("Side in pixels; several for a grid. (default: \(Defaults.imageSize))", "pixels", transform: sides)
  var imageSize: Grid.Axis?
  @Option(help: "Pooling. (default: \(Defaults.head.rawValue))")
  var head: Word<Head>?
  @Option("Outputs of the classifier. (default: \(Defaults.classes))", "n", transform: wholeNumber)
  var classes: Int?
  @Option(help: "Optimizer. (default: \(Defaults.optimizer.rawValue))")
  var optimizer: Word<Optimizer>?
  @Option(help: ArgumentHelp("Of activations. (default: \(Context.precision.rawValue))", visibility: Context.fixed))
  var precision: Word<Precision>?
  @Option(help: ArgumentHelp("Clipping. (default: \(Defaults.gradientClipping.rawValue))", valueName: "clipping"))
  var gradientClipping: Word<GradientClipping>?
  @Option(
    help: ArgumentHelp("What is recomputed. (default: \(Defaults.rematerialization.rawValue))", valueName: "kind"))
  var rematerialization: Word<Rematerialization>?
  @Option(
    help: ArgumentHelp("Blocks written out or looped over. (default: \(Defaults.layers.rawValue))", visibility: .hidden)
  )
  var layers: Word<Layers>?
  @Option(
    "Cores that share the gradients' sum. (default: \(Context.dataParallel))", "cores", visibility: Context.fixed,
    transform: wholeNumber)
  var dataParallel: Int?
  @Option("Memory, such as 15.48GiB. (default: \(Context.memory))", "bytes", transform: size)
  var memoryLimit: Bytes?
  @Option("Version of libtpu. (default: the model's)", "version", visibility: .hidden)
  var compiler: String?

  /// The setting as a plain value.
  var given: GivenSetting {
    var given = GivenSetting()
    // Several are for who asks about several.
    given.device = device.isEmpty ? nil : device.joined(separator: ", ")
    given.batch = batch
    given.imageSize = imageSize
    given.head = head?.text
    given.classes = classes
    given.optimizer = optimizer?.text
    given.precision = precision?.text
    given.gradientClipping = gradientClipping?.text
    given.rematerialization = rematerialization?.text
    given.layers = layers?.text
    given.dataParallel = dataParallel
    given.memoryLimit = memoryLimit
    given.compiler = compiler
    return given
  }
}

/// An option's whole number, such as `8`.
@Sendable func wholeNumber(_ text: String) throws -> Int {
  try valid { () throws(WrittenError) in try Int(written: text) }
}

/// An option's whole numbers, such as `8` or `8, 32` or `8..64 by 8`.
@Sendable func numbers(_ text: String) throws -> Grid.Axis {
  try valid { () throws(WrittenError) in try Grid.Axis(written: text) }
}

/// The side of a square in pixels: `16`, `16px`, `16x16`.
@Sendable func side(_ text: String) throws -> Int { try valid { () throws(WrittenError) in try Int(side: text) } }

/// Sides of squares in pixels, such as `224` or `224px, 384x384`.
@Sendable func sides(_ text: String) throws -> Grid.Axis {
  try valid { () throws(WrittenError) in try Grid.Axis(sides: text) }
}

/// What `read` reads, its error in the parser's words.
func valid<Value>(_ read: () throws(WrittenError) -> Value) throws -> Value {
  do { return try read() } catch { throw ValidationError(error.rule) }
}

/// An option's size, such as `15.48GiB`.
@Sendable func size(_ text: String) throws -> Bytes {
  do { return try Bytes(parsing: text) } catch { throw ValidationError(error.rule) }
}

extension MatrixProducts: ExpressibleByArgument {}
