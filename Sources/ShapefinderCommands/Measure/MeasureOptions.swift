import Answers
import ArgumentParser

/// What to measure: one shape, or a grid.
struct MeasureOptions: ParsableArguments {
  @OptionGroup(title: "Shape or grid") var asked: ShapeOrGridOptions
  @OptionGroup(title: "Setting") var options: SettingOptions<ThisMachine>

  /// The setting as given by options.
  var setting: GivenSetting { options.given }

  /// Whether nothing was given.
  var isEmpty: Bool { !asked.asksSomething && setting.isEmpty }
}
