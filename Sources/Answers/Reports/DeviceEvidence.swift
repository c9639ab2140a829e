import Catalog
import Estimation
import Reporting
import VisionTransformer

/// What a device's own compiler says of estimates that were made with the model of another.
struct DeviceEvidence {
  let device: Device
  let report: EvidenceReport

  init(_ device: Device, _ rows: [ValidationRow]) {
    self.device = device
    report = EvidenceReport(rows)
  }

  /// The rows that were set aside.
  private var held: [Comparison] { report.comparisons.filter { $0.evidence.label == .heldOut } }

  /// The rows that decide the device's uncertain band.
  var observations: [UncertainBand.Regime: [Double]] { UncertainBand.observations(report.comparisons) }

  /// How far the rows that were set aside validate the estimates: bytes and verdicts, and times too where there are enough full
  /// compiles.
  var validation: Device.Validation {
    let verdicts = held.outcomes
    let isExact = held.errors(of: .livePeak).map {
      $0.count >= 18 && $0.median <= 0.005 && $0.ninetieth <= 0.03 && $0.largest <= 0.06
    }
    guard isExact == true, verdicts.wrong == 0, 10 * verdicts.uncertain <= verdicts.count else {
      return .notYetValidated
    }
    let isTimed = held.errors(of: .cycles).map { $0.count >= 5 && $0.median <= 0.05 && $0.ninetieth <= 0.12 }
    return isTimed == true ? .compiled : .memory
  }

  /// A device's file whose `validation` says what the evidence says; nil if it has none.
  func validated(_ file: String) -> String? {
    let key = "validation:"
    var lines = file.split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.firstIndex(where: { $0 == key }) else { return nil }
    let last = lines[(first + 1)...].firstIndex { !$0.hasPrefix(" ") } ?? lines.endIndex
    let source = wrap("written by `shapefinder report` from Validation/evidence: " + words, width: 114)
    let text = [key, "  value: \(validation.rawValue)", "  source: >-"] + source.map { "    " + $0 }
    lines.replaceSubrange(first..<last, with: text.map { $0[...] })
    return lines.joined(separator: "\n")
  }

  /// The held-out figures in words.
  private var words: String {
    guard !held.isEmpty else {
      return "\(counted(report.comparisons.count, "row")) of this device's compiler, none of them set aside"
    }
    let tally = held.outcomes
    func figures(_ quantity: EvidenceQuantity) -> String? {
      held.errors(of: quantity).map { errors in
        "\(quantity.rawValue) of \(errors.count) rows \(percent(errors.median, digits: 2)) in the median and "
          + "\(percent(errors.largest, digits: 2)) at most"
      }
    }
    return
      ([.livePeak, .total, .cycles].compactMap(figures) + [
        "verdicts \(tally.right) right, \(tally.uncertain) uncertain, \(tally.wrong) wrong"
      ]).joined(separator: "; ") + "; rows that were set aside"
  }
}
