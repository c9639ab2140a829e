import ArgumentParser
import VisionTransformer

/// The words of a command line up to the verb. The argument parser takes a word that is no subcommand for a stray argument and does
/// not say what there is.
enum CommandWords {
  /// The arguments as the parser reads them: `shapes ViT-B/16` is `shapes show ViT-B/16`.
  ///
  /// - Throws: `CommandError` for a word that is no subcommand, with the nearest.
  static func complete(_ arguments: [String]) throws(CommandError) -> [String] {
    var command: any ParsableCommand.Type = ShapefinderCommand.self
    var path = ["shapefinder"]
    for (place, word) in arguments.enumerated() {
      let known = command.configuration.subcommands
      guard !known.isEmpty, !word.hasPrefix("-"), word != "help" || place > 0 else { return arguments }
      if let next = known.first(where: { $0.configuration.commandName == word }) {
        command = next
        path.append(word)
        continue
      }
      let names = known.compactMap(\.configuration.commandName) + (place == 0 ? ["help"] : [])
      let close = closeNames(to: word, among: names)
      if close.isEmpty, names.contains("show") {
        return arguments[..<place] + ["show"] + arguments[place...]
      }
      throw .usage(
        "\(LooseValue.string(word)) is not a subcommand of `\(path.joined(separator: " "))`"
          + (close.isEmpty ? "; there are " + names.joined(separator: ", ") : didYouMean(close)))
    }
    return arguments
  }
}
