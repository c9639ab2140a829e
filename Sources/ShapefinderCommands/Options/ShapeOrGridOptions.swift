import Answers
import ArgumentParser
import Catalog
import VisionTransformer

/// What to measure or compile: one shape, or a grid.
struct ShapeOrGridOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp("Name (`shapefinder shapes`), or a model's JSON file.", valueName: "shape"),
    completion: .shapeNames)
  var shape: String?
  @Option(
    help: ArgumentHelp("Every shape of a grid; see `shapefinder grids`.", valueName: "name"), completion: .gridNames)
  var grid: String?
  @Option("Encoder blocks; for a grid also \"2..12 by 2\".", "axis")
  var depth: String?
  @Option("Width, or widths.", "axis")
  var width: String?
  @Option("MLP-width, or MLP-widths: \"2x, 4x\".", "axis")
  var mlpWidth: String?
  @Option("Heads, or head counts: \"width/64\".", "axis")
  var heads: String?
  @Option("Side of a patch in pixels, or sides.", "axis")
  var patch: String?

  private var axes: [(option: String, text: String?)] {
    [
      ("--depth", depth), ("--width", width), ("--mlp-width", mlpWidth), ("--heads", heads), ("--patch", patch),
    ]
  }

  /// Whether a shape or a grid was given.
  var asksSomething: Bool { shape != nil || grid != nil || axes.contains { $0.text != nil } }
  /// Whether it is a grid: it is given by name, or an axis is more than one number.
  var isGrid: Bool { grid != nil || (shape == nil && axes.contains { $0.text.map { Int($0) == nil } ?? false }) }

  func validate() throws {
    if shape != nil, grid != nil { throw ValidationError("a shape and --grid are two questions: give one of them") }
    if shape != nil, let axis = axes.first(where: { $0.text.map { Int($0) == nil } ?? false }) {
      throw ValidationError(
        "\(axis.option) \(axis.text ?? ""): with a named shape it is one number; leave out the shape for axes, or name a "
          + "grid with --grid")
    }
  }

  /// The single shape.
  var shapeQuestion: ShapeQuestion {
    func number(_ text: String?) -> Int? { text.flatMap { Int($0) } }
    return ShapeQuestion(
      name: shape, width: number(width), depth: number(depth), mlpWidth: number(mlpWidth), heads: number(heads),
      patch: number(patch))
  }

  /// The grid, with `setting` applied to its settings.
  func gridQuestion(_ setting: GivenSetting) -> GridQuestion {
    GridQuestion(
      name: grid, depth: depth, width: width, mlpWidth: mlpWidth, heads: heads, patch: patch, setting: setting)
  }
}
