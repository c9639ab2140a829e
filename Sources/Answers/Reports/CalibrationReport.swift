import Estimation
import VisionTransformer

/// The calibration file of a device: how far its compiler lay from the model, with where that comes from.
enum CalibrationReport {
  static func text(_ band: UncertainBand, _ seen: [UncertainBand.Regime: [Double]], _ device: Device) -> String {
    var text = """
      # Written by `shapefinder report`; do not edit. The uncertain band of verdicts: what the compiler said, over what the model
      # says, at the least and at the most.

      """
    for (name, range) in UncertainBand.names {
      for (end, value) in [("Least", band[keyPath: range].lowerBound), ("Most", band[keyPath: range].upperBound)] {
        text += """
          \(name)\(end):
            value: \(fixed(value, digits: 3))
            source: >-
              computed from \(seen[range]?.count ?? 0) rows of Validation/evidence (\(device.compiler ?? device.name)) that are not held
              out: \(source(name)); rounded outward to a thousandth

          """
      }
    }
    return text
  }

  private static func source(_ name: String) -> String {
    switch name {
    case "livePeak": "live peaks within a fifth of the memory"
    case "gradientFloor": "those, and peaks after rematerialization where gradients make the floor"
    case "deepFloor": "peaks after rematerialization where the live peak was beyond twice the memory"
    case "narrowMLP": "live peaks and peaks after rematerialization where the MLP is narrower than twice the width"
    case "oddHeadFloor": "peaks after rematerialization where 8 does not divide the width of a head"
    case "recomputedBlocks": "live peaks where blocks are recomputed, without clipping, of one image or few tokens"
    case "contested": "live peaks within a fifth of the memory where two orders of the step need nearly the same"
    default: "peaks after rematerialization where activations make the floor"
    }
  }
}
