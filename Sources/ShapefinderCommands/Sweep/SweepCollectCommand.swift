import Answers
import ArgumentParser

/// `shapefinder sweep collect`.
struct SweepCollectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect",
    abstract: "Stores what the tasks of a plan have found, as one run.",
    discussion: """
      Results are stored in the order of the plan, so that the store is that of one process. Collecting again stores only \
      what is new. A line that is no result is left out, and the exit code is 65.

      Examples:

        shapefinder sweep collect
        shapefinder sweep collect plan.json --store shapes.sqlite
      """)

  @OptionGroup var planned: PlanOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions

  func run() throws {
    let (plan, question, context) = try planned.load()
    try RunsImportCommand.write(output, total: plan.configurations) { progress, refuse in
      try SweepCollection(plan, question, context).store(
        in: storage.open(.create), command: commandLine, progress: progress, refuse: refuse)
    }
  }
}
