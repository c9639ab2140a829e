import Answers
import Reporting
import VisionTransformer

/// Writes the answers to many questions to standard output, with errors in their positions.
struct AnsweredLines<Answer>: LineTaking {
  private var writer: RowWriter<Answer>

  init(_ writer: RowWriter<Answer>) { self.writer = writer }

  /// - Parameters:
  ///   - flushesEachRow: for answers that take long.
  ///   - whenReaderLeaves: as in `RowWriter`.
  init(
    _ listing: Listing<Answer>, _ output: OutputOptions, flushesEachRow: Bool = false,
    whenReaderLeaves: (() -> Void)? = nil
  ) {
    writer = RowWriter(
      listing, format: output.given ?? .ndjson, to: FileDescriptorSink.standardOutput, terminal: output.terminal,
      expectsErrors: true, flushesEachRow: flushesEachRow, whenReaderLeaves: whenReaderLeaves)
  }

  mutating func take(_ answer: Result<Answer, LineError>) throws {
    switch answer {
    case .success(let answer): try writer.append(answer)
    case .failure(let error): try writer.append(error)
    }
  }

  mutating func flush() throws { try writer.flush() }

  /// Runs `body`, and ends the rows whatever happens.
  mutating func write(_ body: (inout Self) throws -> Void) throws {
    try writer.begin()
    do {
      try body(&self)
    } catch {
      // A failure to end the rows because nobody reads them is less useful than what ended them.
      do { try writer.end() } catch OutputError.closed {}
      throw error
    }
    try writer.end()
  }
}
