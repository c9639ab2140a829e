import ArgumentParser
import Compilation

/// `shapefinder plugin`.
struct PluginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Lists the compiler plugins, or installs one.",
    discussion: """
      A device's own compiler comes as a PJRT plugin: a library under its maker's licence, which only you install. Every \
      command except `compile` works without one.

      Examples:

        shapefinder plugin
        shapefinder plugin install tpu
        shapefinder plugin install tpu --version 0.0.52
      """,
    subcommands: [PluginListCommand.self, PluginInstallCommand.self], defaultSubcommand: PluginListCommand.self)
}

extension PluginKind: ExpressibleByArgument {}
