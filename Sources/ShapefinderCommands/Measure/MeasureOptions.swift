import Answers
import ArgumentParser

/// What is to be measured: one shape, or a grid.
struct MeasureOptions: ParsableArguments {
  @OptionGroup(title: "Shape or grid") var asked: ShapeOrGridOptions
  @OptionGroup(title: "Setting") var options: SettingOptions<ThisMachine>

  /// What options say of the setting.
  var setting: GivenSetting { options.given }

  /// Whether nothing was given.
  var isEmpty: Bool { !asked.asksSomething && setting.isEmpty }
}
