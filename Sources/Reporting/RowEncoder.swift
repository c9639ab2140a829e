import VisionTransformer

/// Encodes rows in one format.
protocol RowEncoder<Row> {
  associatedtype Row
  /// Bytes that are ready to be written.
  var bytes: [UInt8] { get }
  mutating func removeAll()
  mutating func begin()
  mutating func append(_ row: Row)
  mutating func appendError(_ error: LineError) throws(OutputError)
  mutating func end()
}

/// Whether an answer is a list of rows or a single row.
public enum AnswerKind: Sendable, Hashable {
  /// A list: `json` writes an array, even for one row or none.
  case list
  /// One row: `json` writes the object itself.
  case single
}

extension OutputFormat {
  /// The encoder of a format: the only place in the program that distinguishes the formats.
  func encoder<Row>(
    _ listing: Listing<Row>, terminal: Terminal, answer: AnswerKind, expectsErrors: Bool, isShown: Bool,
    text: (() -> String)?
  ) -> any RowEncoder<Row> {
    switch self {
    case .table:
      if let text { TextEncoder(text: text) } else { TableEncoder(listing: listing, terminal: terminal) }
    case .json: JSONEncoder(listing: listing, layout: answer == .list ? .array : .lines)
    case .ndjson: JSONEncoder(listing: listing, layout: .lines)
    case .csv: CSVEncoder(listing: listing, hasErrorColumn: expectsErrors, isShown: isShown)
    }
  }
}

/// `json` and `ndjson`.
struct JSONEncoder<Row>: RowEncoder {
  enum Layout { case array, lines }

  var listing: Listing<Row>
  var layout: Layout
  private var writer = JSONWriter()
  private var isFirst = true

  init(listing: Listing<Row>, layout: Layout) {
    self.listing = listing
    self.layout = layout
  }

  var bytes: [UInt8] { writer.bytes }
  mutating func removeAll() { writer.removeAll() }

  mutating func begin() {
    if layout == .array { writer.beginArray() }
  }

  mutating func append(_ row: Row) {
    separate()
    listing.write(row, to: &writer)
    if layout == .lines { writer.lineBreak() }
  }

  mutating func appendError(_ error: LineError) {
    separate()
    error.write(to: &writer)
    if layout == .lines { writer.lineBreak() }
  }

  mutating func end() {
    if layout == .array {
      writer.endArray()
      writer.lineBreak()
    }
  }

  private mutating func separate() {
    if layout == .array, !isFirst { writer.rowBreak() }
    isFirst = false
  }
}

/// `csv`.
struct CSVEncoder<Row>: RowEncoder {
  var columns: [(key: String, value: @Sendable (Row) -> MachineValue)]
  var hasErrorColumn: Bool
  private var writer: CSVWriter

  init(listing: Listing<Row>, hasErrorColumn: Bool, isShown: Bool) {
    writer = CSVWriter(isShown: isShown)
    columns = listing.columns.compactMap { column in column.value.map { (column.key, $0) } }
    self.hasErrorColumn = hasErrorColumn
  }

  var bytes: [UInt8] { writer.bytes }
  mutating func removeAll() { writer.removeAll() }

  mutating func begin() {
    for column in columns { writer.field(.text(column.key)) }
    if hasErrorColumn { writer.field(.text("error")) }
    writer.endRecord()
  }

  mutating func append(_ row: Row) {
    for column in columns { writer.field(column.value(row)) }
    if hasErrorColumn { writer.field(.null) }
    writer.endRecord()
  }

  mutating func appendError(_ error: LineError) throws(OutputError) {
    guard hasErrorColumn else { throw .noErrorColumn(error.message) }
    for _ in columns { writer.field(.null) }
    writer.field(.text(error.message))
    writer.endRecord()
  }

  mutating func end() {}
}

/// `table` for streamed rows: the first rows determine the widths, so that memory stays constant.
struct TableEncoder<Row>: RowEncoder {
  private enum Line {
    case row([Styled])
    case error(Styled)
  }

  /// Number of rows held back to measure the columns.
  static var measured: Int { 500 }

  var listing: Listing<Row>
  var terminal: Terminal
  private var held: [Line] = []
  private var table: Table
  private var layout: Table.Layout?
  private(set) var bytes: [UInt8] = []

  init(listing: Listing<Row>, terminal: Terminal) {
    self.listing = listing
    self.terminal = terminal
    table = listing.table()
  }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
  mutating func begin() {}
  mutating func append(_ row: Row) { hold(.row(listing.cells(row))) }
  mutating func appendError(_ error: LineError) { hold(.error(Styled(error.message, Style(color: .theme(1))))) }

  mutating func end() {
    if layout == nil { settle() }
    if let layout { write(Table.remark(layout, terminal)) }
  }

  private mutating func hold(_ line: Line) {
    if let layout {
      write(line, layout)
    } else {
      held.append(line)
      if held.count == Self.measured { settle() }
    }
  }

  private mutating func settle() {
    table.rows = held.compactMap { if case .row(let cells) = $0 { cells } else { nil } }
    let layout = table.layout(for: terminal)
    table.rows = []
    self.layout = layout
    write(table.heading(layout))
    for line in held { write(line, layout) }
    held = []
  }

  private mutating func write(_ line: Line, _ layout: Table.Layout) {
    switch line {
    case .row(let cells): write([table.line(cells, layout)])
    case .error(let text): write([text])
    }
  }

  private mutating func write(_ lines: [Styled]) {
    bytes.append(contentsOf: lines.rendered(for: terminal).utf8)
  }
}

/// `table` for an answer with its own text form, which is made when all rows and their errors are known.
struct TextEncoder<Row>: RowEncoder {
  private let text: () -> String
  private(set) var bytes: [UInt8] = []

  init(text: @escaping () -> String) { self.text = text }

  mutating func removeAll() { bytes.removeAll() }
  mutating func begin() {}
  mutating func append(_ row: Row) {}
  mutating func appendError(_ error: LineError) {}
  mutating func end() { bytes = Array(shown(text()).utf8) }
}
