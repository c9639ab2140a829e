import Evidence

/// A compiler's rejection of a program in one sentence: what to export instead if its message is known, and the message
/// itself without the parts of the program that it quotes.
struct Refusal: Sendable, Hashable, CustomStringConvertible {
  var description: String

  /// Parts of compilers' messages and the advice that each leads to. The first match counts.
  ///
  /// Source: libtpu 0.0.17.1, 0.0.32 and 0.0.52.
  private static let known: [(words: [String], advice: String)] = [
    (
      ["Unbounded dynamism"],
      "not every shape is fixed: export it with a number in place of every dimension that is left open"
    ),
    (
      ["Only dense elements attr"],
      "a constant stands in a resource of MLIR, which is not compiled: make the weights arguments of the function"
    ),
    (
      ["Custom emitter for"],
      "it was lowered for another platform: lower it for a TPU, in JAX \(ProgramError.jaxText)"
    ),
    (["requires module with `main` function"], "it has no function `main`: give the one to compile that name"),
    (
      ["' not found for custom op", "with an unregistered dialect"],
      "it has operations that are not StableHLO's: lower it to StableHLO first"
    ),
    (
      ["unknown StableHLO attribute", "unknown vhlo", "unregistered operation 'vhlo."],
      "what exported it is newer than this compiler: choose a newer one with --plugin (`shapefinder plugin list` has them), "
        + "or export it with an older JAX"
    ),
    (
      ["Failed to parse using StableHLO"],
      "the compiler does not read it: export it again if it is cut short or was changed; where it is newer than the "
        + "compiler, choose a newer one with --plugin"
    ),
  ]

  /// The rejection with the compiler's message.
  init(_ error: PJRTError) {
    let message = "\(error)"
    let lines = message.split { $0.isNewline }.map { $0.trimmingPrefix { $0.isWhitespace } }
    // The program follows a note; the parser's last line is always the same.
    let words = lines.prefix { !$0.contains(" note: ") && !$0.hasPrefix("Suspected Python Code Location") }
      .filter { !$0.isEmpty && !$0.contains("Failed to parse using StableHLO") }
    var said = words.isEmpty ? message : words.joined(separator: " ")
    while said.last?.isWhitespace == true { said.removeLast() }
    guard let advice = Self.known.first(where: { $0.words.contains { message.contains($0) } })?.advice else {
      description = "the compiler does not take the program: \(said)"
      return
    }
    description = "\(advice) (the compiler: \(said))"
  }
}
