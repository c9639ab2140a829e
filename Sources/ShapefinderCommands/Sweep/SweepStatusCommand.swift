import Answers
import ArgumentParser

/// `shapefinder sweep status`.
struct SweepStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Says how far the tasks of a plan are: done, failed with reasons, missing.",
    discussion: """
      The table has the shards that are not done. The exit code is 75 where tasks are to be run again, 1 where the rest failed \
      for good, 0 where all is done.

      Examples:

        shapefinder sweep status
        shapefinder sweep status plan.json --format ndjson
      """)

  @OptionGroup var planned: PlanOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let (plan, question, context) = try planned.load()
    let state = try SweepState(plan, question, context)
    try output.write(state.rows, SweepState.listing) { state.text(terminal: $0) }
    remark(state.summary)
    try state.check()
  }
}
