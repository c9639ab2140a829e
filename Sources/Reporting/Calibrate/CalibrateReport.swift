import Estimation
import Evidence
import VisionTransformer

/// A fit of constants for people and for machines: what was fitted, what the evidence could not determine and why, and
/// what became of the errors.
package struct CalibrateReport {
  /// The fit.
  package let fit: CalibrationFit
  /// Where the evidence is, in the middle of a sentence.
  package let origin: String
  /// Evidence that is left out, in sentences.
  let leftOut: [String]

  /// A report.
  package init(_ fit: CalibrationFit, origin: String, leftOut: [String]) {
    self.fit = fit
    self.origin = origin
    self.leftOut = leftOut
  }

  /// The compilers whose answers the rows are.
  package var compilers: String {
    let rows = fit.groups.flatMap { $0.split.training + $0.split.heldOut }
    return Set(rows.map(\.comparison.evidence.compiler)).sorted().joined(separator: "; ")
  }

  var summary: String {
    let parts = fit.groups.map { group in
      "\(group.fitted.count) of \(counted(group.constants.count, "constant")) of \(group.group.rawValue) fitted to "
        + "\(counted(group.split.training.count, "row")), \(group.split.heldOut.count) set aside"
    }
    return "\(fit.device.name), model version \(Estimator.version), \(origin): " + parts.joined(separator: "; ") + "."
  }

  /// The constants that were fitted.
  var fitted: ReportSection {
    ReportSection(
      key: "fitted", title: "Fitted",
      note:
        "±: one standard error, the others being free. Share: the most by which an estimate changes as the constant "
        + "does.",
      columns: [
        .init("name", "constant", rank: .answer), .init("old", "was", .right, rank: .answer),
        .init("new", "is", .right, rank: .answer), .init("change", "change", .right),
        .init("error", "±", .right), .init("share", "share", .right, rank: .detail),
      ],
      rows: fit.constants.map { constant in
        let new = constant.new ?? constant.old
        return [
          .text(constant.name), .number(constant.old), .number(new),
          .percent(constant.old == 0 ? nil : (new - constant.old) / constant.old.magnitude, signed: true),
          .percent(constant.error), .percent(constant.share),
        ]
      })
  }

  /// The errors before and after, of every quantity that moved.
  var errors: ReportSection {
    ReportSection(
      key: "errors", title: "Errors before and after",
      note: "Held-out rows were set aside before the fit.",
      columns: [
        .init("quantity", "quantity", rank: .answer), .init("set", "rows", rank: .answer),
        .init("rows", "n", .right), .init("medianBefore", "median was", .right, rank: .answer),
        .init("medianAfter", "is", .right, rank: .answer),
        .init("ninetiethBefore", "nine in ten was", .right, rank: .answer),
        .init("ninetiethAfter", "is", .right, rank: .answer),
        .init("largestBefore", "largest was", .right, rank: .detail),
        .init("largestAfter", "is", .right, rank: .detail),
      ],
      rows: fit.errors.map { errors in
        let style: Style = !errors.isHeldOut ? .plain : errors.falls ? .good : .bad
        return [
          .init(Styled(errors.quantity.rawValue), .text(errors.quantity.key)),
          .text(errors.isHeldOut ? "held-out" : "training", style), .count(errors.after.count),
          .percent(errors.before.median), .percent(errors.after.median), .percent(errors.before.ninetieth),
          .percent(errors.after.ninetieth), .percent(errors.before.largest), .percent(errors.after.largest),
        ]
      })
  }

  /// What became of the uncertain band.
  var band: String {
    if fit.band != nil { return "The uncertain band is computed anew from the rows that are not set aside." }
    let all = UncertainBand.Regime.allCases, missing = all.filter { fit.seen[$0] == nil }
    guard !missing.isEmpty else { return "The uncertain band is that of the device's file: these rows have the same." }
    return "The uncertain band stays that of the device's file: of \(all.count) ranges, "
      + "\(missing.count) \(missing.count == 1 ? "has" : "have") no row (\(missing.map(\.rawValue).joined(separator: ", ")))."
  }

  /// Whether the rows that were set aside are the better for the fit, in a sentence.
  var conclusion: String {
    guard !fit.constants.isEmpty else { return "Nothing can be fitted to these rows." }
    let worse = fit.worse.map(\.group.rawValue)
    return worse.isEmpty
      ? "The held-out error falls."
      : "The held-out error does not fall by the fit of \(worse.joined(separator: " and "))."
  }
}

extension ReportSection.Cell {
  /// A standard error as a share of the value; more than ten times the value is as good as nothing.
  static func error(_ error: Double?) -> ReportSection.Cell {
    guard let error else { return .init("", .null) }
    return .init(
      Styled(error < 10 ? fixed(error * 100, digits: 0) + " %" : "> 1000 %"), error.isFinite ? .number(error) : .null)
  }

  /// A constant.
  static func number(_ value: Double) -> ReportSection.Cell {
    let isWhole = value == value.rounded() && value.magnitude < 1e15
    return .init(Styled(isWhole ? grouped(Int(value)) : "\(value)"), .number(value))
  }
}
