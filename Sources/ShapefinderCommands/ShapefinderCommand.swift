import Answers
import ArgumentParser
import Foundation
import Reporting
import WorkerProcess

/// The program: every subcommand, its start and its end.
public struct ShapefinderCommand: ParsableCommand {
  /// Version of the program.
  public static let version = programVersion

  /// The name, the help text and the subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "shapefinder",
    abstract: "Says which Vision Transformer shapes fit an accelerator, how fast they train, and why.",
    discussion: """
      Start with a shape you know:

        shapefinder check ViT-G/14 --batch 8
        shapefinder map figure8

      `COMMAND --help-hidden` shows every option of a command. Results go to standard output, progress and remarks to standard error. Exit codes: \
      \(ExitStatus.summary).
      """,
    version: version,
    subcommands: [
      CheckCommand.self, CompareCommand.self, CompileCommand.self, MeasureCommand.self, EnumerateCommand.self,
      MapCommand.self, SelectCommand.self, OptimizersCommand.self, ValidateCommand.self, CalibrateCommand.self,
      ShapesCommand.self, DevicesCommand.self, GridsCommand.self, RunsCommand.self, SweepCommand.self,
      PluginCommand.self,
      ServeCommand.self, BenchmarkCommand.self, ReportCommand.self,
    ])

  /// A command without arguments, as the argument parser makes it.
  public init() {}

  /// Parses the command line, runs the subcommand and ends the process with its exit code.
  public static func launch() -> Never {
    FileDescriptorSink.reportClosedPipes()
    // A sweep of a service ends with the service, which resumes it when it is started again.
    guard WorkerProgram.livesWithParent() else { Foundation.exit(ExitStatus.interrupted.rawValue) }
    do {
      var command = try parseAsRoot(tree.complete(Array(CommandLine.arguments.dropFirst())))
      try command.run()
      Foundation.exit(ExitStatus.success.rawValue)
    } catch {
      Foundation.exit(Ending(error).report())
    }
  }
}
