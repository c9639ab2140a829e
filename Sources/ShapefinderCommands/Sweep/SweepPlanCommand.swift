import Answers
import ArgumentParser

/// `shapefinder sweep plan`.
struct SweepPlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Counts a grid, estimates how long it takes, and deals it out to tasks.",
    discussion: """
      The options of the plan come first, then the command as one process would run it. Compiles are expected to take as long \
      as on two processors of a 2021 server.

      Examples:

        shapefinder sweep plan compile --grid small --memory
        shapefinder sweep plan --tasks 200 --folder maps measure --grid cpu --threads 4
      """)

  @Option("Tasks. (default: one for each half hour, 1000 at most)", "n", transform: atLeastOne)
  var tasks: Int?
  @Option(help: ArgumentHelp("Folder of the tasks' files. (default: \(ShardFolder.usual))", valueName: "dir"))
  var folder: String = ShardFolder.usual
  @Option(
    name: .shortAndLong, help: ArgumentHelp("File to write. (default: \(SweepPlan.usualPath))", valueName: "file"))
  var output: String = SweepPlan.usualPath
  @OptionGroup var answer: OutputOptions
  @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("The command.", valueName: "command"))
  var command: [String] = []

  func run() throws {
    if command.isEmpty || command.contains(where: { $0.hasPrefix("--help") || $0 == "-h" }) {
      throw CleanExit.helpRequest(self)
    }
    let (question, _) = try EnumerateCommand.question(command)
    let plan = try SweepPlan(question, command: command, tasks: tasks, folder: folder)
    try CompletedFile.write(plan.json, to: output)
    try answer.write([plan], SweepPlan.listing, answer: .single)
    remark("\(output): each task is `\(plan.task)`; `shapefinder sweep submit` runs them on Slurm")
  }
}
