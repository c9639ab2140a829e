import ArgumentParser
import ShapefinderCommands
import Testing

/// Every help is read at 80 columns, without scrolling more than once.
@Suite struct HelpTests {
  /// Two screens of a small terminal window.
  private static let mostLines = 66

  private static let commands = all(ShapefinderCommand.self)

  private static func all(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
    [command] + command.configuration.subcommands.flatMap { all($0) }
  }

  @Test func everyHelpFitsTwoScreens() {
    for command in Self.commands {
      let help = ShapefinderCommand.helpMessage(for: command, columns: 80)
      let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count <= Self.mostLines, "\(command): \(lines.count) lines")
      #expect(lines.allSatisfy { $0.count <= 80 }, "\(command)")
      // What is left out there is in the other, and an example is in each that does something.
      #expect(ShapefinderCommand.helpMessage(for: command, includeHidden: true, columns: 80).count >= help.count)
      if command.configuration.subcommands.isEmpty { #expect(help.contains("  shapefinder "), "\(command)") }
    }
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
