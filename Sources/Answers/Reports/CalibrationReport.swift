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
    var text = old.flatMap { old in old.firstRange(of: beginning).map { String(old[..<$0.lowerBound]) } } ?? ""
    text += """
      \(beginning) from here on. The uncertain band of verdicts: what the compiler said, over
      # what the model says, at the least and at the most of n rows. If rows come in any order as likely as in another, the next
      # is outside with a chance of 2 in n + 1; a range of fewer than 9 rows is wider: HowAnEstimateIsMade, "Verdict".

      """
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
      for (end, value) in [("Least", band[regime].lowerBound), ("Most", band[regime].upperBound)] {
        text += """
          \(regime.rawValue)\(end):
            value: \(fixed(value, digits: 3))
            rows: \(rows)
            source: >-
              computed from Validation/evidence (\(device.speaksFor ?? device.name)), rows that are not held out:
              \(regime.evidence);
              \(chance)

          """
      }
    }
    return text
  }
}
