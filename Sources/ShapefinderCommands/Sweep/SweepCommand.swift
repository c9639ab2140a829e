import Answers
import ArgumentParser

/// A command whose grid tasks can share.
protocol ShardedCommand: ParsableCommand {
  var shards: ShardOptions { get }
  var catalog: CatalogOptions { get }
  /// The grid, and what it costs.
  func sharded(_ context: AnswerContext) throws -> ShardedQuestion
}

extension ShardedCommand {
  /// The question of a command line, from the subcommand on.
  ///
  /// - Throws: `CommandError` for a command without a grid.
  static func question(_ words: [String]) throws -> (ShardedQuestion, AnswerContext) {
    guard let command = try ShapefinderCommand.parseAsRoot(words) as? any ShardedCommand, command.shards.isEmpty else {
      throw CommandError.usage(
        "give enumerate, compile or measure with a grid, without --shard and --output, such as `compile --grid small`")
    }
    let context = AnswerContext.command(try command.catalog.load())
    return (try command.sharded(context), context)
  }
}

/// `shapefinder sweep`.
struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Shares a grid among the tasks of a cluster, and brings together what they found.",
    discussion: """
      A plan deals a grid out to tasks, each with a file of its own; any scheduler can run them.

      Examples:

        shapefinder sweep plan compile --grid small --memory
        shapefinder sweep submit --at-once 16
        shapefinder sweep status
        shapefinder sweep collect --store shapes.sqlite
      """,
    subcommands: [
      SweepPlanCommand.self, SweepSubmitCommand.self, SweepStatusCommand.self, SweepCollectCommand.self,
    ])
}

/// The plan of a sweep, for every command that has one.
struct PlanOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp("Plan. (default: \(SweepPlan.usualPath))", valueName: "plan"),
    completion: .file(extensions: ["json"]))
  var path: String?

  /// The plan, its question and what it is asked with.
  func load() throws -> (plan: SweepPlan, question: ShardedQuestion, context: AnswerContext) {
    let plan = try SweepPlan.read(path ?? SweepPlan.usualPath)
    let (question, context) = try EnumerateCommand.question(plan.command)
    return (plan, question, context)
  }
}
