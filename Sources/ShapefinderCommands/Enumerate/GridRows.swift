import Answers
import Reporting
import Selection
import VisionTransformer

/// Rows of a grid on their way to standard output; where a store has compiles, what they said stands beside the estimates.
struct GridRows {
  // One of them; each in its place, as a copy of a writer would copy what it holds back.
  private var results: ResultWriter?
  private var beside: RowWriter<CheckReport.Input>?

  /// - Parameters:
  ///   - quantity: what the rows are ordered by; nil in the grid's own order.
  ///   - whenReaderLeaves: as of `RowWriter`.
  init(
    _ output: OutputOptions, known: KnownCompiles?, orderedBy quantity: EstimateQuantity? = nil,
    whenReaderLeaves: (() -> Void)?
  ) {
    let sink = FileDescriptorSink.standardOutput
    if known?.isEmpty ?? true {
      results = ResultWriter(
        .results.ordered(by: quantity), format: output.format, to: sink, terminal: output.terminal,
        whenReaderLeaves: whenReaderLeaves)
    } else {
      beside = RowWriter(
        CheckReport.listing(.row, showsCompiled: true, orderedBy: quantity), format: output.format, to: sink,
        terminal: output.terminal, whenReaderLeaves: whenReaderLeaves)
    }
  }

  mutating func begin() throws(OutputError) {
    try results?.begin()
    try beside?.begin()
  }

  mutating func append(_ result: StepResult, compiled: StepResult?) throws(OutputError) {
    try results?.append(result)
    try beside?.append(CheckReport.Input(result: result, compiled: compiled))
  }

  mutating func end() throws(OutputError) {
    try results?.end()
    try beside?.end()
  }
}
