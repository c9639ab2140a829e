import Answers
import ArgumentParser
import Foundation
import Reporting

/// `shapefinder sweep submit`.
struct SweepSubmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: "Submits the tasks of a plan to Slurm, as one array.",
    discussion: """
      The script that sbatch gets lies beside the plan. A task whose time ends keeps what it has, and is put back.

      Examples:

        shapefinder sweep submit --at-once 16
        shapefinder sweep submit --print --sbatch=--partition=cpu
        shapefinder sweep submit --tasks 3,7-9
      """)

  @OptionGroup var planned: PlanOptions
  @Option("Most tasks at once.", "n", transform: atLeastOne)
  var atOnce: Int?
  @Option(help: ArgumentHelp("Only these tasks, such as 3,7-9; `sweep status` says which.", valueName: "list"))
  var tasks: String?
  @Option(
    name: .customLong("sbatch"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp("An option of sbatch, such as --partition=cpu; may be repeated.", valueName: "option"))
  var options: [String] = []
  @Flag(help: "Print the script, and submit nothing.")
  var print = false
  @OptionGroup var console: ConsoleOptions

  func validate() throws {
    guard let tasks, tasks.wholeMatch(of: /[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*/) == nil else { return }
    throw ValidationError("--tasks \(tasks): give numbers and ranges, such as 3,7-9")
  }

  func run() throws {
    let path = planned.path ?? SweepPlan.usualPath, plan = try SweepPlan.read(path)
    let script = try SlurmScript(plan, tasks: tasks, atOnce: atOnce, options: options)
    if print { return try FileDescriptorSink.standardOutput.write(text: script.text) }
    try remark(script.submit(beside: path))
  }
}
