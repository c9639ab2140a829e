import VisionTransformer

/// The verbs of a program, which an argument parser would take for arguments where it does not know them.
package struct CommandTree: Sendable {
  /// The verb.
  package var name: String
  /// The verbs that may follow.
  package var subcommands: [CommandTree]

  /// A verb.
  package init(_ name: String, _ subcommands: [CommandTree]) {
    self.name = name
    self.subcommands = subcommands
  }

  /// The arguments as the parser should read them: `shapes ViT-B/16` becomes `shapes show ViT-B/16`.
  ///
  /// - Throws: `AnswerError` for an unknown subcommand, with the nearest one.
  package func complete(_ arguments: [String]) throws(AnswerError) -> [String] {
    if arguments == ["-V"] { return ["--version"] }
    // The subcommand after `help` must exist.
    if arguments.first == "help", arguments.count > 1 { return ["help"] + (try complete(Array(arguments.dropFirst()))) }
    try Self.checkHelp(arguments)
    var known = subcommands
    var path = [name]
    for (place, word) in arguments.enumerated() {
      guard !known.isEmpty, !word.hasPrefix("-"), word != "help" || place > 0 else { return arguments }
      if let next = known.first(where: { $0.name == word }) {
        known = next.subcommands
        path.append(word)
        try Self.checkRun(arguments[(place + 1)...].first, path)
        continue
      }
      var names = known.map { $0.name }
      if place == 0 { names.append("help") }
      let close = Self.near(word, among: names, isFirst: place == 0)
      // `runs show` takes a number; any other word is an unknown verb.
      if close.isEmpty, names.contains("show"), path.last != "runs" || DecimalNumber(word) != nil {
        var completed = arguments
        completed.insert("show", at: place)
        return completed
      }
      let hint = close.isEmpty ? "; there are " + names.joined(separator: ", ") : didYouMean(close)
      let command = path.joined(separator: " ")
      throw AnswerError(.invalid, "\(LooseValue.string(word)) is not a subcommand of `\(command)`" + hint)
    }
    return arguments
  }

  /// Reports a misspelt help option, whatever else is missing, instead of reading it as the subcommand's argument.
  private static func checkHelp(_ arguments: [String]) throws(AnswerError) {
    let helps = ["--help", "--help-hidden"]
    for word in arguments.prefix(while: { $0 != "--" })
    where word.hasPrefix("--") && word.utf8.count <= 16 && !helps.contains(word) && !word.contains("=") {
      // Some valid options begin in the same way.
      guard let nearest = closeNames(to: word, among: helps).first, !["--head", "--heads"].contains(word) else {
        continue
      }
      throw AnswerError(.invalid, "unknown option \(word)" + didYouMean([nearest]))
    }
  }

  /// A run's number has no sign, which the parser would take for an option.
  private static func checkRun(_ word: String?, _ path: [String]) throws(AnswerError) {
    guard path.dropFirst().first == "runs", let word, word.wholeMatch(of: /-[0-9]+/) != nil else { return }
    throw AnswerError(
      .invalid, notValid("run", word, "must be the number of a run, from 1: see `shapefinder runs list`"))
  }

  /// Known words of other programs, otherwise similar names.
  private static func near(_ word: String, among names: [String], isFirst: Bool) -> [String] {
    if isFirst, word.utf8.count <= 16, let verb = ForeignWords.verbs[word.lowercased()] { return [verb] }
    return closeNames(to: word, among: names)
  }
}
