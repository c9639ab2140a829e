import VisionTransformer

/// The columns of a kind of row, declared once: what a table shows of them, and what a machine reads.
///
/// Keys with dots (`memory.total`) are nested objects in JSON and flat headers in CSV; columns of one object stand together.
public struct Listing<Row>: Sendable {
  /// One column.
  public struct Column: Sendable {
    /// Key of the machine forms.
    public var key: String
    /// Heading of the table; nil for what only machines read.
    public var title: String?
    /// Side the cells keep to.
    public var alignment: Alignment
    /// How long it stays as a terminal gets narrower.
    public var rank: Table.Rank
    /// Where the table has it.
    public var presence = Table.Presence.always
    /// Cell of the table.
    public var text: @Sendable (Row) -> Styled
    /// Value of the machine forms; nil for what only people read.
    public var value: (@Sendable (Row) -> MachineValue)?

    /// A column that people and machines read.
    public init(
      _ key: String, _ title: String, _ alignment: Alignment = .left, rank: Table.Rank = .fact,
      text: @escaping @Sendable (Row) -> Styled, value: @escaping @Sendable (Row) -> MachineValue
    ) {
      self.key = key
      self.title = title
      self.alignment = alignment
      self.rank = rank
      self.text = text
      self.value = value
    }

    /// A column that only machines read.
    public init(_ key: String, value: @escaping @Sendable (Row) -> MachineValue) {
      self.key = key
      alignment = .left
      rank = .detail
      text = { _ in "" }
      self.value = value
    }

    /// A column that only people read.
    public init(
      title: String, _ alignment: Alignment = .left, rank: Table.Rank = .fact,
      text: @escaping @Sendable (Row) -> Styled
    ) {
      key = ""
      self.title = title
      self.alignment = alignment
      self.rank = rank
      self.text = text
    }

    /// A word on rows that are not to be read without it: no width drops it, and without such rows it takes no room.
    public static func mark(title: String, text: @escaping @Sendable (Row) -> Styled) -> Column {
      var column = Column(title: title, rank: .answer, text: text)
      column.presence = .marking
      return column
    }

    /// What tells rows apart: no width drops it, and where all rows have the same it takes no room.
    public static func distinction(title: String, text: @escaping @Sendable (Row) -> Styled) -> Column {
      var column = Column(title: title, rank: .answer, text: text)
      column.presence = .varying
      return column
    }

    /// The mark of steps that something else held up.
    public static func disturbed(_ isDisturbed: @escaping @Sendable (Row) -> Bool) -> Column {
      .mark(title: "times") { isDisturbed($0) ? Styled("disturbed", .bad) : "" }
    }

    /// Text that is the same for people and machines.
    public static func text(
      _ key: String, _ title: String, rank: Table.Rank = .fact, _ get: @escaping @Sendable (Row) -> String?
    ) -> Column {
      Column(
        key, title, rank: rank, text: { Styled(get($0) ?? "–") }, value: { .optional(get($0)) })
    }

    /// A whole number, grouped by thousands in the table where it is a count.
    public static func integer(
      _ key: String, _ title: String, isCount: Bool = true, rank: Table.Rank = .fact,
      _ get: @escaping @Sendable (Row) -> Int?
    ) -> Column {
      Column(
        key, title, .right, rank: rank,
        text: { Styled(get($0).map { isCount ? grouped($0) : String($0) } ?? "–") },
        value: { .optional(get($0)) })
    }

    /// A number with `digits` digits after the point in the table, exact in the machine forms.
    public static func number(
      _ key: String, _ title: String, digits: Int, rank: Table.Rank = .fact,
      _ get: @escaping @Sendable (Row) -> Double?
    ) -> Column {
      Column(
        key, title, .right, rank: rank, text: { Styled(get($0).map { fixed($0, digits: digits) } ?? "–") },
        value: { .optional(get($0)) })
    }

    /// A size: `14.10 GiB` in the table, bytes in the machine forms.
    public static func bytes(
      _ key: String, _ title: String, rank: Table.Rank = .fact, _ get: @escaping @Sendable (Row) -> Bytes?
    ) -> Column {
      Column(
        key, title, .right, rank: rank, text: { Styled(get($0)?.description ?? "–") },
        value: { .bytes(get($0)) })
    }

    /// A duration: `345 ms` in the table, seconds in the machine forms.
    public static func seconds(
      _ key: String, _ title: String, rank: Table.Rank = .fact, _ get: @escaping @Sendable (Row) -> Seconds?
    ) -> Column {
      Column(
        key, title, .right, rank: rank, text: { Styled(get($0)?.description ?? "–") },
        value: { .seconds(get($0)) })
    }

    /// A verdict: coloured words in the table, the contract's word in the machine forms.
    public static func verdict(
      _ key: String, _ title: String, _ get: @escaping @Sendable (Row) -> Verdict?
    ) -> Column {
      Column(
        key, title, rank: .answer, text: { get($0).map(Styled.init(verdict:)) ?? "–" },
        value: { .optional(get($0)?.rawValue) })
    }
  }

  /// The columns in order.
  public var columns: [Column]
  /// A faster way to the same JSON object, for rows that come by the million.
  var json: (@Sendable (Row, inout JSONWriter) -> Void)?

  /// A listing of `columns`.
  public init(_ columns: [Column]) { self.columns = columns }

  /// The same columns for rows that hold such a row.
  func of<Outer>(_ row: @escaping @Sendable (Outer) -> Row) -> [Listing<Outer>.Column] {
    columns.map { column in
      var outer = Listing<Outer>.Column(title: column.title ?? "", column.alignment, rank: column.rank) {
        column.text(row($0))
      }
      outer.presence = column.presence
      outer.key = column.key
      outer.title = column.title
      if let value = column.value { outer.value = { value(row($0)) } }
      return outer
    }
  }

  /// The machine keys in order, as in the CSV header.
  public var keys: [String] { columns.filter { $0.value != nil }.map(\.key) }

  /// Writes a row as one JSON object.
  func write(_ row: Row, to writer: inout JSONWriter) {
    if let json { return json(row, &writer) }
    writer.beginObject()
    var open: String?
    for column in columns {
      guard let value = column.value else { continue }
      let parts = column.key.split(separator: ".", maxSplits: 1).map(String.init)
      let prefix = parts.count == 2 ? parts[0] : nil
      if prefix != open {
        if open != nil { writer.endObject() }
        if let prefix {
          writer.key(prefix)
          writer.beginObject()
        }
        open = prefix
      }
      writer.key(parts.last ?? column.key)
      writer.value(value(row))
    }
    if open != nil { writer.endObject() }
    writer.endObject()
  }

  /// The cells of a row in the table.
  func cells(_ row: Row) -> [Styled] { columns.filter { $0.title != nil }.map { $0.text(row) } }

  /// What columns mean, as one sentence a column, of those that a table of `rows` shows on `terminal`.
  public func explanation(
    _ rows: some Sequence<Row>, _ meanings: [(title: String, text: String)], terminal: Terminal = .plain
  ) -> String {
    var table = table()
    table.rows = rows.map(cells)
    let omitted = table.layout(for: terminal).omitted
    let shown = meanings.filter { !omitted.contains($0.title) }.map { "\($0.title): \($0.text)" }
    return shown.isEmpty ? "" : Remarks.text([shown.joined(separator: "; ") + "."], terminal: terminal)
  }

  /// The table without rows.
  func table() -> Table {
    Table(
      columns: columns.compactMap { column in
        column.title.map { Table.Column($0, column.alignment, rank: column.rank, presence: column.presence) }
      }, rows: [])
  }
}

extension Styled {
  /// `fits`, `does not fit` or `uncertain`, in its colour.
  public init(verdict: Verdict) {
    switch verdict {
    case .fits: self.init("fits", Style(color: .theme(2)))
    case .doesNotFit: self.init("does not fit", Style(color: .theme(1)))
    case .uncertain: self.init("uncertain", Style(color: .theme(3)))
    }
  }
}
