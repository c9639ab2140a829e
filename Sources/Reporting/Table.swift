/// A table of styled cells under titles, with one thin rule.
public struct Table: Sendable {
  /// How long a column is kept as a terminal gets narrower. The first column identifies the row, and is always kept.
  public enum Rank: Int, Sendable, Hashable, Comparable {
    /// Dropped first.
    case detail
    /// Dropped if dropping details is not enough.
    case fact
    /// Identifies a row, together with others: kept if rows differ in it, otherwise dropped as a detail.
    case name
    /// Kept: the verdict, the quantity that rows are ordered by, and doubts about a row.
    case answer

    /// Whether columns of rank `a` are dropped before those of `b`.
    public static func < (a: Rank, b: Rank) -> Bool { a.rawValue < b.rawValue }
  }

  /// When a column is drawn.
  public enum Presence: Sendable, Hashable {
    /// Always, as far as its rank allows.
    case always
    /// If some row has a value in it, and then at any width.
    case marking
    /// If rows differ in it, and then at any width.
    case varying
  }

  /// A column's heading and behaviour.
  public struct Column: Sendable {
    /// Heading.
    public var title: String
    /// Alignment of its cells.
    public var alignment: Alignment
    /// How long it is kept as a terminal gets narrower.
    public var rank: Rank
    /// When it is drawn.
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

  /// Which columns are drawn, and how wide.
  public struct Layout: Sendable {
    /// Indices of the columns that are drawn.
    public var shown: [Int]
    /// Width of each column, drawn or not.
    public var widths: [Int]
    /// Titles of the omitted columns.
    public var omitted: [String]
    /// For a column that is omitted because all rows have the same value: that value.
    public var common: [Int: Styled]
  }

  /// Widths that hold every cell. On a terminal, or for a given width, columns that do not fit are dropped by rank from
  /// the right: details first, then facts; in between, the widest texts are cut. Columns with the same value in every
  /// row are dropped before any of these.
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
    // Columns that were cut before a fact was dropped regain their width.
    widths = natural
    cut(to: Self.comfort)
    cut(to: Self.least)
    let always = columns.indices.filter { columns[$0].presence == .always }
    let unsaid = columns.indices.filter { columns[$0].presence == .varying && !shown.contains($0) }
    return Layout(
      shown: shown, widths: widths, omitted: always.filter { !shown.contains($0) }.map { columns[$0].title },
      common: Dictionary(uniqueKeysWithValues: unsaid.map { ($0, cells($0).first ?? "") }))
  }

  /// Width to which texts are cut before facts are dropped, and the minimum width.
  private static let comfort = 24, least = 6

  /// The heading and its rule.
  public func heading(_ layout: Layout) -> [Styled] {
    let titles = layout.shown.map { Styled(columns[$0].title, .bold) }
    let rule = layout.shown.reduce(-gap) { $0 + layout.widths[$1] + gap }
    return [join(titles, layout), Styled(String(repeating: "─", count: max(rule, 0)), .dim)]
  }

  private func cells(_ index: Int) -> [Styled] { rows.compactMap { index < $0.count ? $0[index] : nil } }

  /// Whether there are several rows and all have the same value in a column.
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

  /// One row; marks and distinguishing values that occurred in no row when the columns were laid out are appended.
  public func line(_ row: [Styled], _ layout: Layout) -> Styled {
    var line = join(layout.shown.map { $0 < row.count ? row[$0] : "" }, layout)
    for index in columns.indices where columns[index].presence != .always && !layout.shown.contains(index) {
      guard index < row.count, row[index].columns > 0, row[index] != layout.common[index] else { continue }
      line += Styled(String(repeating: " ", count: gap)) + row[index]
    }
    return line
  }

  /// Heading, rule, rows, and a remark if columns were omitted.
  public func lines(for terminal: Terminal) -> [Styled] {
    let layout = layout(for: terminal)
    return heading(layout) + rows.map { line($0, layout) } + Self.remark(layout, terminal)
  }

  /// A sentence on the columns omitted at this width; empty if there are none.
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
