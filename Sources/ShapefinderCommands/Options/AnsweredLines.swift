import Answers
import Reporting

extension AnsweredLines {
  /// Answers that go to standard output.
  ///
  /// - Parameters:
  ///   - flushesEachRow: for answers that take long.
  ///   - whenReaderLeaves: as in `RowWriter`.
  init(
    _ listing: Listing<Answer>, _ output: OutputOptions, flushesEachRow: Bool = false,
    whenReaderLeaves: (() -> Void)? = nil
  ) {
    self.init(
      RowWriter(
        listing, format: output.given ?? .ndjson, to: FileDescriptorSink.standardOutput, terminal: output.terminal,
        expectsErrors: true, flushesEachRow: flushesEachRow, whenReaderLeaves: whenReaderLeaves))
  }
}
