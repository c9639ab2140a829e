import Estimation
import Evidence
import VisionTransformer

extension CalibrateReport: SectionedReport {
  package var listed: [FittedConstant] { fit.groups.flatMap(\.constants) }

  /// The report for people.
  package func text(terminal: Terminal = .plain) -> String {
    var lines = wrap(summary, width: terminal.columns).map { Styled($0) }
    for sentence in leftOut { lines += wrap("\(sentence).", width: terminal.columns).map { Styled($0, .dim) } }
    lines += fitted.lines(for: terminal) + refusals(terminal: terminal) + errors.lines(for: terminal)
    lines += [""] + wrap(band, width: terminal.columns).map { Styled($0) }
    lines += wrap(conclusion, width: terminal.columns).map {
      Styled($0, fit.worse.isEmpty && !fit.constants.isEmpty ? .good : .bad)
    }
    return lines.rendered(for: terminal)
  }

  /// Writes the report as one object.
  package func write(to writer: inout JSONWriter) {
    writer.beginObject()
    for (key, value): (String, MachineValue) in [
      ("device", .text(fit.device.name)), ("modelVersion", .text(Estimator.version)), ("origin", .text(origin)),
      ("compilers", .text(compilers)), ("leftOut", .list(leftOut.map { .text($0) })),
      ("heldOutErrorFalls", .boolean(fit.worse.isEmpty && !fit.constants.isEmpty)),
      ("newBand", .boolean(fit.band != nil)),
    ] {
      writer.key(key)
      writer.value(value)
    }
    writer.key("constants")
    writer.beginArray()
    for constant in listed { Self.listing.write(constant, to: &writer) }
    writer.endArray()
    errors.write(to: &writer)
    writer.endObject()
  }

  /// A constant a line.
  package static var listing: Listing<FittedConstant> {
    Listing([
      .init("name") { .text($0.name) }, .init("old") { .number($0.old) }, .init("new") { .optional($0.new) },
      .init("error") { .optional($0.error) }, .init("share") { .number($0.share) },
      .init("refusedBy") { .optional($0.refusal?.word) },
      .init("missingSteps") { .optional($0.refusal?.missingSteps) },
      .init("errorAlone") { .finite($0.refusal?.errorAlone) },
      .init("errorBesideOthers") { .finite($0.refusal?.errorBesideOthers) },
      .init("likeConstants") { .list($0.refusal?.likeConstants.map { .text($0) } ?? []) },
      .init("tellingStep") { .optional($0.refusal?.tellingStep) },
    ])
  }
}

extension MachineValue {
  /// A number; null if it is none, or infinite.
  fileprivate static func finite(_ number: Double?) -> MachineValue {
    .optional(number.flatMap { $0.isFinite ? $0 : nil })
  }
}
