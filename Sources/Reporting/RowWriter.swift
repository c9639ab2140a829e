import VisionTransformer

/// Writes rows in any format as they come: millions of them in constant memory.
///
/// CSV is exact in a file or a pipe; on a terminal, control characters are escaped by `visible(_:)`.
///
/// Call `begin()`, `append(_:)` for each row, then `end()`. Nothing is written twice after an error. If the reader
/// leaves (`| head`), it throws `OutputError.closed`, or, if the rows also go elsewhere, only stops writing: see
/// `whenReaderLeaves`.
public struct RowWriter<Row> {
  private var encoder: any RowEncoder<Row>
  private var sink: any ByteSink
  private let flushSize: Int
  private let whenReaderLeaves: (() -> Void)?
  private var isRead = true

  /// A writer.
  ///
  /// - Parameters:
  ///   - expectsErrors: adds the column `error` to CSV; the JSON forms and the table take errors anyway.
  ///   - flushesEachRow: writes every row at once, for a reader that waits for each answer.
  ///   - text: what `table` shows instead of a table of the rows and errors; made in `end()`.
  ///   - whenReaderLeaves: called once instead of throwing `OutputError.closed`; later rows are dropped.
  public init(
    _ listing: Listing<Row>, format: OutputFormat, to sink: any ByteSink, terminal: Terminal = .plain,
    answer: AnswerKind = .list, expectsErrors: Bool = false, flushesEachRow: Bool = false, text: (() -> String)? = nil,
    whenReaderLeaves: (() -> Void)? = nil
  ) {
    encoder = format.encoder(
      listing, terminal: terminal, answer: answer, expectsErrors: expectsErrors, isShown: sink.isTerminal, text: text)
    self.sink = sink
    flushSize = flushesEachRow ? 0 : 1 << 16
    self.whenReaderLeaves = whenReaderLeaves
  }

  /// Writes what comes before the first row.
  ///
  /// - Throws: `OutputError`.
  public mutating func begin() throws(OutputError) {
    encoder.begin()
    try flush(above: flushSize)
  }

  /// Writes a row.
  ///
  /// - Throws: `OutputError`.
  public mutating func append(_ row: Row) throws(OutputError) {
    guard isRead else { return }
    encoder.append(row)
    try flush(above: flushSize)
  }

  /// Writes an error in place of a row.
  ///
  /// - Throws: `OutputError`; `.noErrorColumn` in CSV unless the writer expects errors.
  public mutating func append(_ error: LineError) throws(OutputError) {
    guard isRead else { return }
    try encoder.appendError(error)
    try flush(above: flushSize)
  }

  /// Writes what comes after the last row, and everything that is still held back.
  ///
  /// - Throws: `OutputError`.
  public mutating func end() throws(OutputError) {
    guard isRead else { return }
    encoder.end()
    try flush(above: 0)
  }

  /// Writes everything that is ready, for a reader that waits for it.
  ///
  /// - Throws: `OutputError`.
  public mutating func flush() throws(OutputError) { try flush(above: 0) }

  private mutating func flush(above size: Int) throws(OutputError) {
    guard encoder.bytes.count > size else { return }
    // Moved out first, so that a caller that continues after an error does not write the same bytes again.
    let bytes = encoder.bytes
    encoder.removeAll()
    var failure: OutputError?
    bytes.withUnsafeBytes { buffer in
      do throws(OutputError) { try sink.write(buffer) } catch { failure = error }
    }
    guard let failure else { return }
    guard failure == .closed, let whenReaderLeaves else { throw failure }
    isRead = false
    whenReaderLeaves()
  }
}

extension Listing {
  /// Writes all of `rows` at once; `text` in their place needs none of them.
  ///
  /// - Throws: `OutputError`.
  public func write(
    _ rows: some Sequence<Row>, format: OutputFormat, to sink: any ByteSink, terminal: Terminal = .plain,
    answer: AnswerKind = .list, text: (() -> String)? = nil
  ) throws(OutputError) {
    var writer = RowWriter(self, format: format, to: sink, terminal: terminal, answer: answer, text: text)
    try writer.begin()
    if format != .table || text == nil {
      for row in rows { try writer.append(row) }
    }
    try writer.end()
  }

  /// All of `rows` as text.
  public func text(
    _ rows: some Sequence<Row>, format: OutputFormat = .table, terminal: Terminal = .plain, answer: AnswerKind = .list
  ) -> String {
    let sink = MemorySink()
    // Writing to memory cannot fail.
    try? write(rows, format: format, to: sink, terminal: terminal, answer: answer)
    return sink.text
  }
}

/// Writes results of the JSON contract (Contract, "Forms") in any format.
public typealias ResultWriter = RowWriter<StepResult>
