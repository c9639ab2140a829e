import Estimation
import VisionTransformer

/// Writes the calibration file of a device: the range of its compiler's deviations from the model, with their origin,
/// after the constants that people fit and enter.
enum CalibrationReport {
  /// The line that begins the generated part.
  private static let beginning = "# Written by `shapefinder report`; do not edit"

  /// The text of the file.
  ///
  /// - Parameter old: The existing file; the part before the generated one is kept.
  static func text(
    _ band: UncertainBand, _ seen: [UncertainBand.Regime: [Double]], _ device: Device, after old: String?
  ) -> String {
    let text = """
      \(own(old))\(beginning) from here on. The uncertain band of verdicts: what the compiler said, over
      # what the model says, at the least and at the most of n rows. If rows come in any order as likely as in another, the next
      # is outside with a chance of 2 in n + 1; a range of fewer than 9 rows is wider: HowAnEstimateIsMade, "Verdict".

      """
    return text + ranges(band, seen, origin: "Validation/evidence (\(device.speaksFor ?? device.name))")
  }

  /// The text of the file of a device that shares its model with another: what the device's own rows add to the other's
  /// band; nil if they add nothing and nobody fitted anything to them.
  ///
  /// - Parameters:
  ///   - seen: The rows of the device.
  ///   - other: The device that the model was made for.
  ///   - old: The existing file; the part before the generated one is kept.
  static func text(
    of device: Device, sharing other: (device: Device, band: UncertainBand), _ seen: [UncertainBand.Regime: [Double]],
    after old: String?
  ) -> String? {
    let band = UncertainBand(sharing: other.band, seen)
    let kept = own(old), wider = UncertainBand.Regime.allCases.filter { band[$0] != other.band[$0] }
    guard !(kept.isEmpty && wider.isEmpty) else { return nil }
    guard !wider.isEmpty else { return kept }
    var text = """
      \(kept)\(beginning) from here on. Where the compiler's answers for this device reach beyond the
      # uncertain band of \(other.device.name), with whose rows they make one band: \(other.device.name).yaml.

      """
    for regime in wider {
      let rows = seen[regime]?.count ?? 0
      text += ends(
        of: regime, band, rows: rows,
        from: "Validation/evidence, rows of \(device.name) and \(other.device.name) that are not held out",
        rounding: "rounded outward to a thousandth; \(rows) of the rows are of \(device.name)")
    }
    return text
  }

  /// The part of a file that people write.
  private static func own(_ old: String?) -> String {
    old.map { old in old.firstRange(of: beginning).map { String(old[..<$0.lowerBound]) } ?? old } ?? ""
  }

  /// The ranges of a band, each with its origin.
  ///
  /// - Parameter origin: Where the rows are, and which compiler they speak for.
  static func ranges(_ band: UncertainBand, _ seen: [UncertainBand.Regime: [Double]], origin: String) -> String {
    var text = ""
    for regime in UncertainBand.Regime.allCases {
      let rows = seen[regime]?.count ?? 0, widening = UncertainBand.widening(rows: rows)
      let chance =
        widening > 0
        ? """
        \(rows) rows are few: widened at either end by \(fixed(widening * 100, digits: 0)) % of what they and the model span, then rounded
            outward to a thousandth; the next row is outside what they span with a chance of 2 in \(rows + 1), and outside the range,
            where rows are spread evenly, of 1 in 10
        """
        : "rounded outward to a thousandth; the next row is outside the range with a chance of 2 in \(rows + 1)"
      text += ends(of: regime, band, rows: rows, from: "\(origin), rows that are not held out", rounding: chance)
    }
    return text
  }

  /// Both ends of a range, each with its origin.
  private static func ends(
    of regime: UncertainBand.Regime, _ band: UncertainBand, rows: Int, from origin: String, rounding: String
  ) -> String {
    [("Least", band[regime].lowerBound), ("Most", band[regime].upperBound)].map { end, value in
      """
      \(regime.rawValue)\(end):
        value: \(fixed(value, digits: 3))
        rows: \(rows)
        source: >-
          computed from \(origin):
          \(regime.evidence);
          \(rounding)

      """
    }.joined()
  }
}
