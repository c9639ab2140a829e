import Answers
import ArgumentParser

/// A grid of the catalog, a user's own axes, or both.
struct GridOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("Name of a grid; see `shapefinder grids`.", valueName: "grid"), completion: .gridNames)
  var name: String?
  @Option(
    name: .customLong("grid"), help: ArgumentHelp("The same as an option.", valueName: "name", visibility: .hidden),
    completion: .gridNames)
  var nameAsOption: String?
  @Option("Encoder blocks: \"1..100\"; replaces the grid's own.", "axis")
  var depth: String?
  @Option("Widths: \"512..2560 by 64\".", "axis")
  var width: String?
  @Option("MLP-widths: \"4096, 8192\", ratios \"3x..6x by 0.5x\".", "axis")
  var mlpWidth: String?
  @Option("Head counts: \"8, 16\", or \"width/64\".", "axis")
  var heads: String?
  @Option("Patch sides in pixels: \"14, 16\".", "axis")
  var patch: String?

  @OptionGroup(title: "Setting (where not given, the grid's own)")
  var options: SettingOptions<AnyDevice>

  /// The setting as given by options.
  var setting: GivenSetting { options.given }

  /// Whether a grid of the catalog is named.
  var isNamed: Bool { name != nil || nameAsOption != nil }
  /// Whether any axis is given.
  var hasAxes: Bool { [depth, width, mlpWidth, heads, patch].contains { $0 != nil } }

  /// The question as a plain value.
  var question: GridQuestion {
    get throws {
      if let name, let other = nameAsOption, name != other {
        throw CommandError.usage("two grids, \(name) and --grid \(other): give one")
      }
      return GridQuestion(
        name: name ?? nameAsOption, depth: depth, width: width, mlpWidth: mlpWidth, heads: heads, patch: patch,
        setting: setting)
    }
  }
}
