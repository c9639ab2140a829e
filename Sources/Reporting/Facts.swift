/// Labelled facts: the answer about one thing.
public struct Facts: Sendable {
  /// Label and text; an empty label continues the one above.
  public var lines: [(label: String, text: String)]

  /// Facts in order.
  public init(_ lines: [(label: String, text: String)]) { self.lines = lines }

  /// The facts under a title, which is wrapped like the texts beside their labels.
  public func text(title: String, terminal: Terminal = .plain) -> String {
    (Styled(title, .bold).wrapped(to: terminal.columns) + lines(for: terminal)).rendered(for: terminal)
  }

  func lines(for terminal: Terminal) -> [Styled] {
    let indent = 2 + (lines.map(\.label.count).max() ?? 0) + 2
    return lines.flatMap { fact in
      wrap(fact.text, width: max(20, terminal.columns - indent)).enumerated().map { index, line in
        Styled("  ") + Styled(index == 0 ? fact.label : "", .dim).padded(to: indent - 2) + Styled(line)
      }
    }
  }
}
