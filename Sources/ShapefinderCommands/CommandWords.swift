import ArgumentParser
import VisionTransformer

/// The words of a command line up to the verb. The argument parser takes a word that is no subcommand for a stray argument and does
/// not say what there is.
enum CommandWords {
  /// The arguments as the parser reads them: `shapes ViT-B/16` is `shapes show ViT-B/16`.
  ///
  /// - Throws: `CommandError` for a word that is no subcommand, with the nearest.
  static func complete(_ arguments: [String]) throws -> [String] {
    if arguments == ["-V"] { return ["--version"] }
    var known = Self.subcommands(of: ShapefinderCommand.self)
    var path = ["shapefinder"]
    for (place, word) in arguments.enumerated() {
      guard !known.isEmpty, !word.hasPrefix("-"), word != "help" || place > 0 else { return arguments }
      if let next = known.first(where: { $0.name == word }) {
        known = Self.subcommands(of: next.type)
        path.append(word)
        continue
      }
      var names = known.map { $0.name }
      if place == 0 { names.append("help") }
      let close = closeNames(to: word, among: names)
      if close.isEmpty, names.contains("show") {
        var completed = arguments
        completed.insert("show", at: place)
        return completed
      }
      let hint = close.isEmpty ? "; there are " + names.joined(separator: ", ") : didYouMean(close)
      let command = path.joined(separator: " ")
      throw CommandError.usage("\(LooseValue.string(word)) is not a subcommand of `\(command)`" + hint)
    }
    return arguments
  }

  /// A subcommand by its name.
  private struct Subcommand {
    var name: String
    var type: any ParsableCommand.Type
  }

  private static func subcommands(of type: any ParsableCommand.Type) -> [Subcommand] {
    var found: [Subcommand] = []
    for subcommand in type.configuration.subcommands {
      if let name = subcommand.configuration.commandName { found.append(Subcommand(name: name, type: subcommand)) }
    }
    return found
  }
}
