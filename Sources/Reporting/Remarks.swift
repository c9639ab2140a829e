/// Sentences above or below a table, wrapped to the terminal.
public enum Remarks {
  /// The sentences, each on a new line.
  public static func text(_ sentences: [String], isBold: Bool = false, terminal: Terminal = .plain) -> String {
    sentences.flatMap { wrap($0, width: terminal.columns) }
      .map { Styled($0, isBold ? .bold : .dim) }.rendered(for: terminal)
  }
}
