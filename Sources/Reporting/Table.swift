/// A table of styled cells under titles, with one thin rule.
public struct Table: Sendable {
  /// A column's heading and behaviour.
  public struct Column: Sendable {
    /// Heading.
    public var title: String
    /// Side its cells keep to.
    public var alignment: Alignment
    /// May be left out on a terminal too narrow for all columns.
    public var isOptional: Bool

    /// A column.
    public init(_ title: String, _ alignment: Alignment = .left, isOptional: Bool = false) {
      self.title = title
      self.alignment = alignment
      self.isOptional = isOptional
    }
  }

  /// The columns.
  public var columns: [Column]
  /// The rows; each has a cell for every column.
  public var rows: [[Styled]]
  /// Blanks between columns.
  public var gap = 2

  /// A table.
  public init(columns: [Column], rows: [[Styled]]) {
    self.columns = columns
    self.rows = rows
  }

  /// How wide each column is drawn, and which are.
  public struct Layout: Sendable {
    /// Indices of the columns that are drawn.
    public var shown: [Int]
    /// Width of each column, drawn or not.
    public var widths: [Int]
    /// Titles of the columns left out.
    public var omitted: [String]
  }

  /// Widths that hold every cell; on an interactive terminal optional columns go first, then the widest words are cut.
  public func layout(for terminal: Terminal) -> Layout {
    var widths = columns.indices.map { index in
      rows.reduce(columns[index].title.count) { max($0, index < $1.count ? $1[index].columns : 0) }
    }
    var shown = Array(columns.indices)
    func total() -> Int { shown.reduce(-gap) { $0 + widths[$1] + gap } }
    guard terminal.isInteractive else { return Layout(shown: shown, widths: widths, omitted: []) }
    while total() > terminal.columns, let last = shown.last(where: { columns[$0].isOptional }) {
      shown.removeAll { $0 == last }
    }
    let omitted = columns.indices.filter { !shown.contains($0) }.map { columns[$0].title }
    while total() > terminal.columns,
      let widest = shown.filter({ columns[$0].alignment == .left && widths[$0] > 12 }).max(by: {
        widths[$0] < widths[$1]
      })
    {
      widths[widest] = max(12, widths[widest] - (total() - terminal.columns))
    }
    return Layout(shown: shown, widths: widths, omitted: omitted)
  }

  /// The heading and its rule.
  public func heading(_ layout: Layout) -> [Styled] {
    let titles = layout.shown.map { Styled(columns[$0].title, .bold) }
    let rule = layout.shown.reduce(-gap) { $0 + layout.widths[$1] + gap }
    return [join(titles, layout), Styled(String(repeating: "─", count: max(rule, 0)), .dim)]
  }

  /// One row.
  public func line(_ row: [Styled], _ layout: Layout) -> Styled {
    join(layout.shown.map { $0 < row.count ? row[$0] : "" }, layout)
  }

  /// Heading, rule, rows, and a remark where columns were left out.
  public func lines(for terminal: Terminal) -> [Styled] {
    let layout = layout(for: terminal)
    var lines = heading(layout) + rows.map { line($0, layout) }
    if let remark = Self.remark(layout) { lines.append(remark) }
    return lines
  }

  /// What is missing at this width; nil where nothing is.
  static func remark(_ layout: Layout) -> Styled? {
    guard !layout.omitted.isEmpty else { return nil }
    return Styled("hidden: " + layout.omitted.joined(separator: ", "), .dim)
  }

  private func join(_ cells: [Styled], _ layout: Layout) -> Styled {
    var line = Styled("")
    for (position, index) in layout.shown.enumerated() {
      if position > 0 { line += Styled(String(repeating: " ", count: gap)) }
      let width = layout.widths[index]
      line += cells[position].truncated(to: width).padded(to: width, columns[index].alignment)
    }
    return line
  }
}
