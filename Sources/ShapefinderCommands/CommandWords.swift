import Answers
import ArgumentParser
import VisionTransformer

/// Checks the words of a command line up to the verb. The argument parser would report an unknown subcommand as an
/// unexpected argument, without listing the known ones.
enum CommandWords {
  /// The arguments as the parser should read them: `shapes ViT-B/16` becomes `shapes show ViT-B/16`.
  ///
  /// - Throws: `CommandError` for an unknown subcommand, with the nearest one.
  static func complete(_ arguments: [String]) throws -> [String] {
    if arguments == ["-V"] { return ["--version"] }
    // The subcommand after `help` must exist.
    if arguments.first == "help", arguments.count > 1 { return ["help"] + (try complete(Array(arguments.dropFirst()))) }
    try checkHelp(arguments)
    var known = Self.subcommands(of: ShapefinderCommand.self)
    var path = ["shapefinder"]
    for (place, word) in arguments.enumerated() {
      guard !known.isEmpty, !word.hasPrefix("-"), word != "help" || place > 0 else { return arguments }
      if let next = known.first(where: { $0.name == word }) {
        known = Self.subcommands(of: next.type)
        path.append(word)
        try checkRun(arguments[(place + 1)...].first, path)
        continue
      }
      var names = known.map { $0.name }
      if place == 0 { names.append("help") }
      let close = near(word, among: names, isFirst: place == 0)
      // `runs show` takes a number; any other word is an unknown verb.
      if close.isEmpty, names.contains("show"), path.last != "runs" || DecimalNumber(word) != nil {
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

  /// Reports a misspelt help option, whatever else is missing, instead of reading it as the subcommand's argument.
  private static func checkHelp(_ arguments: [String]) throws {
    let helps = ["--help", "--help-hidden"]
    for word in arguments.prefix(while: { $0 != "--" })
    where word.hasPrefix("--") && word.utf8.count <= 16 && !helps.contains(word) && !word.contains("=") {
      // Some valid options begin in the same way.
      guard let nearest = closeNames(to: word, among: helps).first, !["--head", "--heads"].contains(word) else {
        continue
      }
      throw CommandError.usage("unknown option \(word)" + didYouMean([nearest]))
    }
  }

  /// A run's number has no sign, which the parser would take for an option.
  private static func checkRun(_ word: String?, _ path: [String]) throws {
    guard path.dropFirst().first == "runs", let word, word.wholeMatch(of: /-[0-9]+/) != nil else { return }
    throw CommandError.usage(notValid("run", word, "must be the number of a run, from 1: see `shapefinder runs list`"))
  }

  /// Known words of other programs, otherwise similar names.
  private static func near(_ word: String, among names: [String], isFirst: Bool) -> [String] {
    if isFirst, word.utf8.count <= 16, let verb = ForeignWords.verbs[word.lowercased()] { return [verb] }
    return closeNames(to: word, among: names)
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
