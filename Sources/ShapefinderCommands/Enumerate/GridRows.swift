import Answers
import Reporting
import Selection
import VisionTransformer

/// Writes rows of a grid to standard output; if a store has compiles, their results are shown beside the estimates.
struct GridRows {
  // One of the two; they are mutated in place, because copying a writer would copy its buffer.
  private var results: ResultWriter?
  private var beside: RowWriter<CheckReport.Input>?

  /// - Parameters:
  ///   - quantity: the quantity that rows are ordered by; nil for the grid's own order.
  ///   - whenReaderLeaves: as in `RowWriter`.
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
