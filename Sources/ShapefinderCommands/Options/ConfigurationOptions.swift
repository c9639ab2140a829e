import ArgumentParser
import Catalog
import VisionTransformer

/// A shape from the command line: its name, its numbers, or a name with some of its numbers changed.
struct ShapeOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Named shape, such as ViT-G/14; see `shapefinder shapes`. Upper and lower case differ.", valueName: "shape"),
    completion: .shapeNames)
  var shape: String?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Width of the residual stream; the shape's numbers override a named shape's.", valueName: "n"),
    transform: wholeNumber)
  var width: Int?
  @Option(parsing: .unconditional, help: ArgumentHelp("Encoder blocks.", valueName: "n"), transform: wholeNumber)
  var depth: Int?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Width of the MLP's hidden layer.", valueName: "n"),
    transform: wholeNumber)
  var mlpWidth: Int?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Attention heads; must divide the width.", valueName: "n"),
    transform: wholeNumber)
  var heads: Int?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Side of a patch in pixels.", valueName: "pixels"),
    transform: wholeNumber)
  var patch: Int?

  /// Whether a shape was given, by name or by any of its numbers.
  var isEmpty: Bool { shape == nil && numbers.allSatisfy { $0.value == nil } }

  private var numbers: [(key: Configuration.ShapeKey, value: Int?)] {
    [(.width, width), (.depth, depth), (.mlpWidth, mlpWidth), (.heads, heads), (.patch, patch)]
  }

  /// The shape, not yet checked.
  ///
  /// - Throws: `ConfigurationError` for an unknown name, `CommandError` where numbers are missing.
  func resolve(_ catalog: Catalog) throws -> Shape {
    if let name = shape {
      let base = try catalog.shape(named: name)
      return Shape(
        width: width ?? base.width, depth: depth ?? base.depth, mlpWidth: mlpWidth ?? base.mlpWidth,
        heads: heads ?? base.heads, patch: patch ?? base.patch)
    }
    guard let width, let depth, let mlpWidth, let heads, let patch else {
      let options = ["--width", "--depth", "--mlp-width", "--heads", "--patch"]
      let missing = zip(options, numbers).filter { $0.1.value == nil }.map(\.0)
      let hint = missing.count == options.count ? "" : "; missing: " + missing.joined(separator: ", ")
      throw CommandError.usage(
        "no shape: give a name such as ViT-G/14, or all of " + options.joined(separator: " ") + hint)
    }
    return Shape(width: width, depth: depth, mlpWidth: mlpWidth, heads: heads, patch: patch)
  }
}

/// One configuration from the command line: a shape, and every setting.
struct ConfigurationOptions: ParsableArguments {
  @OptionGroup(title: "Shape") var shape: ShapeOptions
  @OptionGroup(title: "Setting") var setting: SettingOptions

  /// Whether nothing was given.
  var isEmpty: Bool { shape.isEmpty && setting.isEmpty }
  /// Whether a shape was given, by name or by any of its numbers.
  var hasShape: Bool { !shape.isEmpty }

  /// The configuration, checked against the rules of the contract.
  ///
  /// - Throws: `CommandError` that names the option, its value and the rule.
  func configuration(_ catalog: Catalog) throws -> Configuration {
    do {
      var configuration = Configuration(shape: try shape.resolve(catalog))
      // A shape of other numbers than its name's has no name.
      if let name = shape.shape, try catalog.shape(named: name) == configuration.shape {
        configuration.shapeName = catalog.canonicalName(ofShape: name)
      }
      setting.apply(to: &configuration)
      try catalog.checkDevice(named: configuration.device)
      return try configuration.validated()
    } catch let error as ConfigurationError {
      throw CommandError.usage(error)
    }
  }
}
