import VisionTransformer

/// The columns for a type of row, declared once for tables and for machine-readable forms.
///
/// Keys with dots (`memory.total`) are nested objects in JSON and flat headers in CSV; columns of one object are
/// adjacent.
public struct Listing<Row>: Sendable {
  /// One column.
  public struct Column: Sendable {
    /// Key in the machine-readable forms.
    public var key: String
    /// Heading in the table; nil if the column is only machine-readable.
    public var title: String?
    /// Alignment of the cells.
    public var alignment: Alignment
    /// How long the column is kept as a terminal gets narrower.
    public var rank: Table.Rank
    /// When the table shows it.
    public var presence = Table.Presence.always
    /// Cell in the table.
    public var text: @Sendable (Row) -> Styled
    /// Value in the machine-readable forms; nil if the column is only for people.
    public var value: (@Sendable (Row) -> MachineValue)?

    /// A column for people and machines.
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

    /// A column for machines only.
    public init(_ key: String, value: @escaping @Sendable (Row) -> MachineValue) {
      self.key = key
      alignment = .left
      rank = .detail
      text = { _ in "" }
      self.value = value
    }

    /// A column for people only.
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

    /// A mark on rows that must not be read without it: kept at any width, and omitted if no row has it.
    public static func mark(title: String, text: @escaping @Sendable (Row) -> Styled) -> Column {
      var column = Column(title: title, rank: .answer, text: text)
      column.presence = .marking
      return column
    }

    /// A value that distinguishes rows: kept at any width, and omitted if all rows have the same.
    public static func distinction(title: String, text: @escaping @Sendable (Row) -> Styled) -> Column {
      var column = Column(title: title, rank: .answer, text: text)
      column.presence = .varying
      return column
    }

    /// The mark of steps that other work disturbed.
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

    /// A whole number; in the table, a count is grouped by thousands.
    public static func integer(
      _ key: String, _ title: String, isCount: Bool = true, rank: Table.Rank = .fact,
      _ get: @escaping @Sendable (Row) -> Int?
    ) -> Column {
      Column(
        key, title, .right, rank: rank,
        text: { Styled(get($0).map { isCount ? grouped($0) : String($0) } ?? "–") },
        value: { .optional(get($0)) })
    }

    /// A number with `digits` decimal places in the table, exact in the machine-readable forms.
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
  /// A faster way to write the same JSON object, for rows by the million.
  var json: (@Sendable (Row, inout JSONWriter) -> Void)?

  /// A listing of `columns`.
  public init(_ columns: [Column]) { self.columns = columns }

  /// The same columns for rows that contain such a row.
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

  /// The machine-readable keys in order, as in the CSV header.
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

  /// The meaning of those columns that a table of `rows` shows on `terminal`, one sentence each.
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
