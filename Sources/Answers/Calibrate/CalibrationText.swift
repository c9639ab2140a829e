import Catalog
import Estimation
import Foundation
import Reporting
import VisionTransformer

/// The calibration file of a fit, as `Calibration` reads it: the constants that were fitted, with their origin and their
/// errors. What it lacks is read from the bundled file of the same device.
struct CalibrationText {
  private let report: CalibrateReport
  private let catalog: Catalog
  private let date: String

  init(_ report: CalibrateReport, catalog: Catalog, date: Date) {
    self.report = report
    self.catalog = catalog
    self.date = date.formatted(.iso8601.year().month().day())
  }

  /// The file.
  var text: String {
    let fit = report.fit
    var text = """
      # Written by `shapefinder calibrate` on \(date): constants of the model for \(fit.device.name). `rows` is how many compiles the fit
      # rests on, `residual` the median of its relative errors on them. Constants that are not here are the bundled ones.

      """
    for group in fit.groups where !group.fitted.isEmpty { text += self.text(group) }
    text += kept
    if let band = fit.band {
      text += """
        # The uncertain band of verdicts: what the compiler said, over what the model says, at the least and at the most of n rows.

        """
      text += CalibrationReport.ranges(band, fit.seen, origin: "\(report.origin) (\(report.compilers))")
    }
    return text
  }

  private func text(_ group: GroupFit) -> String {
    let residual = report.fit.errors(of: group.group, isHeldOut: false)?.after.median
    let values = group.fitted.compactMap { constant -> String? in
      guard let new = constant.new else { return nil }
      let error = constant.error.map { " # ± \(fixed($0 * 100, digits: 1)) %" } ?? ""
      return "    \(constant.name.dropFirst(group.group.prefix.count)): \(number(new))\(error)\n"
    }
    return origin(group.group.rawValue, source(group), rows: group.split.training.count, residual: residual)
      + "  values:\n" + values.joined()
  }

  // A name and the origin of what follows.
  private func origin(_ name: String, _ source: String, rows: Int?, residual: Double?) -> String {
    // What cannot stand in a folded text is replaced by what is shown of it.
    let lines = wrap(visible(source), width: 120).map { "    " + $0 + "\n" }.joined()
    return "\(name):\n  source: >-\n\(lines)" + (rows.map { "  rows: \($0)\n" } ?? "")
      + (residual.map { "  residual: \(fixed(min(1, $0), digits: 4))\n" } ?? "")
  }

  private func source(_ group: GroupFit) -> String {
    let fit = report.fit
    var text =
      "fitted by `shapefinder calibrate` on \(date) to \(group.group.evidence): \(counted(group.split.training.count, "row")) of "
      + "\(report.origin) for \(fit.device.name) (\(report.compilers)); model version \(Estimator.version)"
    if let errors = fit.errors(of: group.group, isHeldOut: true) {
      text +=
        "; errors of \(counted(errors.after.count, "row")) set aside before: median "
        + "\(percent(errors.after.median, digits: 2)) (before the fit \(percent(errors.before.median, digits: 2))), nine in ten "
        + "\(percent(errors.after.ninetieth, digits: 2)) (before \(percent(errors.before.ninetieth, digits: 2)))"
    }
    if fit.worse.contains(where: { $0.group == group.group }) {
      text += "; written with --force although the held-out error does not fall"
    }
    return text
  }

  /// What the user's own calibration of the device had before, and this fit leaves as it is.
  private var kept: String {
    let device = report.fit.device.name
    let bundled = (try? Catalog.bundled())?.calibration(named: device)?.constants ?? []
    let fitted = Set(report.fit.constants.map(\.name))
    let own = (catalog.calibration(named: device)?.constants ?? []).filter { constant in
      let isRange = ConstantGroup(ofConstant: constant.name) == nil
      return !bundled.contains(constant) && !fitted.contains(constant.name) && !(isRange && report.fit.band != nil)
    }
    var text = own.isEmpty ? "" : "# As before.\n", written: Set<ConstantGroup> = []
    for constant in own {
      let group = ConstantGroup(ofConstant: constant.name)
      let members = own.filter { ConstantGroup(ofConstant: $0.name) == group && $0.source == constant.source }
      // A group stands in a file once; what has another source stands alone.
      let isGroup = group.map { group in
        !report.fit.groups.contains { $0.group == group && !$0.fitted.isEmpty }
          && own.allSatisfy { ConstantGroup(ofConstant: $0.name) != group || $0.source == constant.source }
      }
      guard let group, isGroup == true else {
        text += origin(constant.name, constant.source, rows: constant.rows, residual: constant.residual)
        text += "  value: \(number(constant.value))\n"
        continue
      }
      guard written.insert(group).inserted else { continue }
      text += origin(group.rawValue, constant.source, rows: constant.rows, residual: constant.residual) + "  values:\n"
      for member in members { text += "    \(member.name.dropFirst(group.prefix.count)): \(number(member.value))\n" }
    }
    return text
  }

  private func number(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : "\(value)"
  }
}
