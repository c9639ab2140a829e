import Reporting
import Selection
import VisionTransformer

/// Writes rows of a grid; if a store has compiles, their results are shown beside the estimates.
package struct GridRows {
  // One of the two; they are mutated in place, because copying a writer would copy its buffer.
  private var results: ResultWriter?
  private var beside: RowWriter<CheckReport.Input>?

  /// A writer.
  ///
  /// - Parameters:
  ///   - quantity: the quantity that rows are ordered by; nil for the grid's own order.
  ///   - whenReaderLeaves: as in `RowWriter`.
  package init(
    _ format: OutputFormat, to sink: any ByteSink, terminal: Terminal, known: KnownCompiles?,
    orderedBy quantity: EstimateQuantity? = nil, whenReaderLeaves: (() -> Void)?
  ) {
    if known?.isEmpty ?? true {
      results = ResultWriter(
        .results.ordered(by: quantity), format: format, to: sink, terminal: terminal,
        whenReaderLeaves: whenReaderLeaves)
    } else {
      beside = RowWriter(
        CheckReport.listing(.row, showsCompiled: true, orderedBy: quantity), format: format, to: sink,
        terminal: terminal, whenReaderLeaves: whenReaderLeaves)
    }
  }

  package mutating func begin() throws(OutputError) {
    try results?.begin()
    try beside?.begin()
  }

  package mutating func append(_ result: StepResult, compiled: StepResult?) throws(OutputError) {
    try results?.append(result)
    try beside?.append(CheckReport.Input(result: result, compiled: compiled))
  }

  package mutating func end() throws(OutputError) {
    try results?.end()
    try beside?.end()
  }
}
