import Evidence

/// A report of sections: for people and as JSON it is written as a whole, in other forms as the rows behind it.
package protocol SectionedReport: SendableMetatype {
  associatedtype Row
  /// The columns of a row.
  static var listing: Listing<Row> { get }
  /// The rows.
  var listed: [Row] { get }
  /// The report for people.
  func text(terminal: Terminal) -> String
  /// Writes the report as one object.
  func write(to writer: inout JSONWriter)
}

extension SectionedReport {
  /// Writes the report in a form.
  ///
  /// - Throws: `OutputError`.
  package func write(
    _ format: OutputFormat, to sink: any ByteSink, terminal: Terminal = .plain
  ) throws(OutputError) {
    switch format {
    case .table, .json:
      var whole = Listing<Self>([])
      whole.json = { report, writer in report.write(to: &writer) }
      try whole.write([self], format: format, to: sink, terminal: terminal, answer: .single) {
        text(terminal: terminal)
      }
    case .ndjson, .csv: try Self.listing.write(listed, format: format, to: sink, terminal: terminal)
    }
  }
}
