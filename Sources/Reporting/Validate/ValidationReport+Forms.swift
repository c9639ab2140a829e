import Estimation
import Evidence
import VisionTransformer

extension ValidationReport: SectionedReport {
  /// The parts of the report that a paper has, in Markdown.
  public var markdown: (errors: MarkdownTable, verdicts: MarkdownTable, reservations: MarkdownTable) {
    (errors(of: EvidenceQuantity.main).markdown, verdicts.markdown, reservations.markdown)
  }

  package var listed: [ValidationRow] { validation.rows }

  /// The report for people.
  public func text(terminal: Terminal = .plain) -> String {
    var lines = wrap(summary, width: terminal.columns).map { Styled($0) }
    for sentence in leftOut { lines += wrap("\(sentence).", width: terminal.columns).map { Styled($0, .dim) } }
    for section in sections { lines += section.lines(for: terminal) }
    lines += [""] + wrap(conclusion, width: terminal.columns).map { Styled($0, validation.holds ? .plain : .bad) }
    return lines.rendered(for: terminal)
  }

  /// Writes the report as one object.
  package func write(to writer: inout JSONWriter) {
    writer.beginObject()
    for (key, value): (String, MachineValue) in [
      ("modelVersion", .text(Estimator.version)), ("origin", .text(origin)), ("rows", .integer(validation.rows.count)),
      ("leftOut", .list(leftOut.map { .text($0) })), ("holds", .boolean(validation.holds)),
    ] {
      writer.key(key)
      writer.value(value)
    }
    for section in sections { section.write(to: &writer) }
    writer.endObject()
  }

  /// The rows for machines: where each stands, its configuration, and every quantity as estimated and as seen.
  public static var listing: Listing<ValidationRow> {
    typealias Column = Listing<ValidationRow>.Column
    let quantities = EvidenceQuantity.allCases.flatMap { quantity -> [Column] in
      quantityValues.map { name, value in
        Column(quantity.key + "." + name) { .optional($0.comparison[quantity].map(value)) }
      }
    }
    var listing = Listing(
      place + Listing<Configuration>.keys.of { (row: ValidationRow) in row.comparison.evidence.configuration }
        + answer + quantities)
    listing.json = { row, writer in writer.validation(row) }
    return listing
  }

  fileprivate static let place: [Listing<ValidationRow>.Column] = [
    .init("place") { .text($0.place) }, .init("set") { .text($0.group.rawValue) },
    .init("evidence") { .text($0.evidence.rawValue) }, .init("answeredBy") { .text($0.comparison.evidence.compiler) },
  ]

  fileprivate static let answer: [Listing<ValidationRow>.Column] = [
    .init("estimatedVerdict") { .text($0.comparison.estimate.verdict.rawValue) },
    .init("seenVerdict") { .optional($0.comparison.observedVerdict?.rawValue) },
    .init("limit") { .integer($0.comparison.estimate.limit) },
    .init("naiveBytes") { .bytes(Bytes(saturating: ReservationRule.naive.bytes($0.comparison))) },
    .init("missedPart") { .optional($0.comparison.missedPart?.part.rawValue) },
  ]

  fileprivate static let quantityValues: [(String, @Sendable (Comparison.Pair) -> Double)] = [
    ("estimated", { $0.estimated }), ("seen", { $0.observed }), ("error", { $0.error }),
  ]
}

extension JSONWriter {
  fileprivate mutating func validation(_ row: ValidationRow) {
    beginObject()
    for column in ValidationReport.place { member(column, row) }
    fields(row.comparison.evidence.configuration)
    for column in ValidationReport.answer { member(column, row) }
    for quantity in EvidenceQuantity.allCases {
      key(quantity.key)
      guard let pair = row.comparison[quantity] else {
        null()
        continue
      }
      beginObject()
      for (name, value) in ValidationReport.quantityValues {
        key(name)
        number(value(pair))
      }
      endObject()
    }
    endObject()
  }

  private mutating func member(_ column: Listing<ValidationRow>.Column, _ row: ValidationRow) {
    guard let value = column.value else { return }
    key(column.key)
    self.value(value(row))
  }
}
