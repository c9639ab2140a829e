/// A table of styled cells under titles, with one thin rule.
public struct Table: Sendable {
  /// How long a column stays as a terminal gets narrower. The first column says what a row is about, and always stays.
  public enum Rank: Int, Sendable, Hashable, Comparable {
    /// Goes first.
    case detail
    /// Goes where leaving out details is not enough.
    case fact
    /// Names a row, with others: stays where rows differ in it, else goes as a detail.
    case name
    /// Stays: the verdict, what rows are ordered by, what casts doubt on a row.
    case answer

    /// Whether columns of `a` go before those of `b`.
    public static func < (a: Rank, b: Rank) -> Bool { a.rawValue < b.rawValue }
  }

  /// Where a column is drawn.
  public enum Presence: Sendable, Hashable {
    /// Everywhere, as far as its rank lets it.
    case always
    /// Where a row has something in it, and then at any width.
    case marking
    /// Where rows differ in it, and then at any width.
    case varying
  }

  /// A column's heading and behaviour.
  public struct Column: Sendable {
    /// Heading.
    public var title: String
    /// Side its cells keep to.
    public var alignment: Alignment
    /// How long it stays as a terminal gets narrower.
    public var rank: Rank
    /// Where it is drawn.
    public var presence: Presence

    /// A column.
    public init(_ title: String, _ alignment: Alignment = .left, rank: Rank = .fact, presence: Presence = .always) {
      self.title = title
      self.alignment = alignment
      self.rank = rank
      self.presence = presence
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
    /// What stands in every row of a column that is not drawn because rows do not differ in it; else nothing.
    public var common: [Int: Styled]
  }

  /// Widths that hold every cell. On a terminal, or where a width is asked for, what does not fit goes by rank: details, then
  /// facts, from the right; between them the widest texts are cut. Before any of them goes what is the same in every row.
  public func layout(for terminal: Terminal) -> Layout {
    var widths = columns.indices.map { index in
      rows.reduce(columns[index].title.count) { max($0, index < $1.count ? $1[index].columns : 0) }
    }
    let natural = widths
    var shown = columns.indices.filter { isPresent($0) }
    func excess() -> Int { terminal.isNarrow ? shown.reduce(-gap) { $0 + widths[$1] + gap } - terminal.columns : 0 }
    let same = Set(columns.indices.filter { isSame($0) })
    func rank(_ index: Int) -> Rank {
      columns[index].rank == .name ? (same.contains(index) || rows.count < 2 ? .detail : .answer) : columns[index].rank
    }
    func drop(_ wanted: Rank, onlySame: Bool = false) {
      while excess() > 0,
        let last = shown.dropFirst().last(where: { rank($0) == wanted && (!onlySame || same.contains($0)) })
      {
        shown.removeAll { $0 == last }
      }
    }
    func cut(to least: Int) {
      func room(_ index: Int) -> Int {
        columns[index].alignment == .left && columns[index].presence == .always ? widths[index] - least : 0
      }
      while excess() > 0, let widest = shown.max(by: { room($0) < room($1) }), room(widest) > 0 {
        widths[widest] -= min(room(widest), excess())
      }
    }
    drop(.detail, onlySame: true)
    drop(.fact, onlySame: true)
    drop(.detail)
    cut(to: Self.comfort)
    drop(.fact)
    // What was cut before a fact went has its room now.
    widths = natural
    cut(to: Self.comfort)
    cut(to: Self.least)
    let always = columns.indices.filter { columns[$0].presence == .always }
    let unsaid = columns.indices.filter { columns[$0].presence == .varying && !shown.contains($0) }
    return Layout(
      shown: shown, widths: widths, omitted: always.filter { !shown.contains($0) }.map { columns[$0].title },
      common: Dictionary(uniqueKeysWithValues: unsaid.map { ($0, cells($0).first ?? "") }))
  }

  /// Columns of text that is cut before facts are left out, and that is never cut further.
  private static let comfort = 24, least = 6

  /// The heading and its rule.
  public func heading(_ layout: Layout) -> [Styled] {
    let titles = layout.shown.map { Styled(columns[$0].title, .bold) }
    let rule = layout.shown.reduce(-gap) { $0 + layout.widths[$1] + gap }
    return [join(titles, layout), Styled(String(repeating: "─", count: max(rule, 0)), .dim)]
  }

  private func cells(_ index: Int) -> [Styled] { rows.compactMap { index < $0.count ? $0[index] : nil } }

  /// Whether several rows all have the same there.
  private func isSame(_ index: Int) -> Bool {
    let cells = cells(index)
    return cells.count > 1 && cells.dropFirst().allSatisfy { $0.plain == cells[0].plain }
  }

  private func isPresent(_ index: Int) -> Bool {
    switch columns[index].presence {
    case .always: true
    case .marking: cells(index).contains { $0.columns > 0 }
    case .varying: Set(cells(index).map(\.plain)).count > 1
    }
  }

  /// One row; what marks it or tells it apart, and did so for no row when the columns were laid out, stands behind it.
  public func line(_ row: [Styled], _ layout: Layout) -> Styled {
    var line = join(layout.shown.map { $0 < row.count ? row[$0] : "" }, layout)
    for index in columns.indices where columns[index].presence != .always && !layout.shown.contains(index) {
      guard index < row.count, row[index].columns > 0, row[index] != layout.common[index] else { continue }
      line += Styled(String(repeating: " ", count: gap)) + row[index]
    }
    return line
  }

  /// Heading, rule, rows, and a remark where columns were left out.
  public func lines(for terminal: Terminal) -> [Styled] {
    let layout = layout(for: terminal)
    return heading(layout) + rows.map { line($0, layout) } + Self.remark(layout, terminal)
  }

  /// A sentence about what is missing at this width; nothing where nothing is.
  static func remark(_ layout: Layout, _ terminal: Terminal) -> [Styled] {
    guard !layout.omitted.isEmpty else { return [] }
    let text = "Hidden at \(terminal.columns) columns: " + layout.omitted.joined(separator: ", ") + "."
    return wrap(text, width: terminal.columns).map { Styled($0, .dim) }
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
