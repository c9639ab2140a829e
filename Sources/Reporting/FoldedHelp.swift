import VisionTransformer

/// A help text with its usage line folded to `width` columns, which the argument parser does not do.
public func foldedHelp(_ help: String, width: Int) -> String {
  help.split(separator: "\n", omittingEmptySubsequences: false).map { line in
    guard line.hasPrefix("USAGE: ") else { return String(line) }
    // An option is kept together with its value.
    let words = String(line).replacing(" <", with: "\u{A0}<")
    return wrap(words, width: width).joined(separator: "\n  ").replacing("\u{A0}", with: " ")
  }.joined(separator: "\n")
}
