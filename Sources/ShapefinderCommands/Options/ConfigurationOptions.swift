import Answers
import ArgumentParser
import VisionTransformer

/// A shape from the command line: its name, its numbers, or a name with some of its numbers changed.
struct ShapeOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp("Name (`shapefinder shapes`), or a model's JSON file.", valueName: "shape"),
    completion: .shapeNames)
  var shape: String?
  @Option("Width; numbers replace those of a named shape.", "n", transform: wholeNumber)
  var width: Int?
  @Option("Encoder blocks.", "n", transform: wholeNumber)
  var depth: Int?
  @Option("Width of the MLP's hidden layer.", "n", transform: wholeNumber)
  var mlpWidth: Int?
  @Option("Attention heads; must divide the width.", "n", transform: wholeNumber)
  var heads: Int?
  @Option("Side of a patch in pixels.", "pixels", transform: side)
  var patch: Int?

  /// Whether a shape was given, by name or by any of its numbers.
  var isEmpty: Bool { question.isEmpty }

  /// The question as a plain value.
  var question: ShapeQuestion {
    ShapeQuestion(name: shape, width: width, depth: depth, mlpWidth: mlpWidth, heads: heads, patch: patch)
  }
}

/// One configuration from the command line: a shape, and every setting.
struct ConfigurationOptions: ParsableArguments {
  @OptionGroup(title: "Shape") var shape: ShapeOptions
  @OptionGroup(title: "Setting") var options: SettingOptions<AnyDevice>

  /// The setting as given by options.
  var setting: GivenSetting { options.given }

  /// Whether nothing was given.
  var isEmpty: Bool { shape.isEmpty && setting.isEmpty }
  /// Whether a shape was given, by name or by any of its numbers.
  var hasShape: Bool { !shape.isEmpty }
}
