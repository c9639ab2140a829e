/// A table in Markdown.
public struct MarkdownTable: Sendable {
  /// Titles of the columns.
  public var titles: [String]
  /// Indices of the columns with numbers, which are aligned to the right.
  public var numbers: Set<Int>
  /// Cells by row.
  public var rows: [[String]]

  /// A table.
  public init(_ titles: [String], numbers: Set<Int> = [], rows: [[String]]) {
    self.titles = titles
    self.numbers = numbers
    self.rows = rows
  }

  /// The table with a line break at its end.
  public var text: String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
    let rule = "|" + titles.indices.map { numbers.contains($0) ? "---:|" : "---|" }.joined() + "\n"
    return line(titles) + rule + rows.map(line).joined()
  }
}

extension Listing {
  /// The columns that tables always have, in Markdown.
  ///
  /// - Parameter titles: The titles of the columns to show; empty for all.
  public func markdown(_ rows: some Sequence<Row>, titles: Set<String> = []) -> MarkdownTable {
    let shown = columns.filter { column in
      column.presence == .always && column.title.map { titles.isEmpty || titles.contains($0) } ?? false
    }
    return MarkdownTable(
      shown.compactMap(\.title), numbers: Set(shown.indices.filter { shown[$0].alignment == .right }),
      rows: rows.map { row in shown.map { $0.text(row).plain } })
  }
}

/// Text between two marker comments of a Markdown file.
public enum MarkedSection {
  /// `text` with everything between `<!-- begin: NAME -->` and `<!-- end: NAME -->` replaced; nil if a marker is
  /// missing.
  public static func replacing(_ name: String, in text: String, with content: String) -> String? {
    let begin = "<!-- begin: \(name) -->", end = "<!-- end: \(name) -->"
    guard let first = text.ranges(of: begin).first, let last = text.ranges(of: end).first,
      first.upperBound <= last.lowerBound
    else { return nil }
    return String(text[..<first.upperBound]) + "\n" + content + String(text[last.lowerBound...])
  }
}
