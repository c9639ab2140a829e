import ArgumentParser
import ShapefinderCommands
import Testing

/// Every help is read at 80 columns, without scrolling more than once.
@Suite struct HelpTests {
  /// Two screens of a small terminal window.
  private static let mostLines = 70

  private static let commands = paths(ShapefinderCommand.self, [])

  /// The words of every command, `runs show` among them.
  private static func paths(_ command: any ParsableCommand.Type, _ words: [String]) -> [[String]] {
    [words]
      + command.configuration.subcommands.flatMap { paths($0, words + [$0.configuration.commandName ?? ""]) }
  }

  @Test(arguments: commands) func everyHelpFitsTwoScreens(command: [String]) throws {
    let program = try Program()
    defer { program.remove() }
    let help = try program.run(command + ["--help"], environment: ["COLUMNS": "80"])
    let lines = help.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(help.status == 0 && lines.count <= Self.mostLines, "\(lines.count) lines")
    #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines.filter { $0.count > 80 })")
    #expect(help.output.contains("  shapefinder "), "an example")
  }

  @Test func helpSaysWhatItLeavesOut() throws {
    let program = try Program()
    defer { program.remove() }
    let short = try program.run("enumerate", "--help"), long = try program.run("enumerate", "--help-hidden")
    #expect(short.status == 0 && long.status == 0)
    #expect(short.output.hasSuffix("  --help-hidden           Show every option.\n"))
    #expect(!short.output.contains("--min-depth") && long.output.contains("--min-depth"))
    #expect(try program.run("--version").output == ShapefinderCommand.version + "\n")
  }
}
