import Answers
import ArgumentParser

extension ParsableCommand {
  /// The verbs from this one on.
  static var tree: CommandTree {
    CommandTree(configuration.commandName ?? "", configuration.subcommands.map { $0.tree })
  }
}
