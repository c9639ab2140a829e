import VisionTransformer

/// The constants of a TPU's model fitted to evidence, and what became of the errors.
package struct CalibrationFit: Sendable {
  /// The errors of one quantity on one part of the rows, with the constants before and after.
  package struct Errors: Sendable, Hashable {
    /// The quantity.
    package var quantity: EvidenceQuantity
    /// Whether the rows were set aside before the fit.
    package var isHeldOut: Bool
    /// The errors before.
    package var before: ErrorSummary
    /// The errors after.
    package var after: ErrorSummary

    /// Whether neither the median nor nine in ten is worse, and one of them better.
    package var falls: Bool {
      after.median <= before.median && after.ninetieth <= before.ninetieth
        && (after.median < before.median || after.ninetieth < before.ninetieth)
    }
  }

  /// The device before.
  package let device: Device
  /// The device with the constants and the band after.
  package let fitted: Device
  /// The fits, in the order of the groups.
  package let groups: [GroupFit]
  /// The errors of every quantity whose estimates changed.
  package let errors: [Errors]
  /// The uncertain band of the rows that are not set aside; nil if some of its ranges have no row, or if it is the
  /// device's own.
  package let band: UncertainBand?
  /// The ratios behind each range of the band.
  package let seen: [UncertainBand.Regime: [Double]]

  /// Fits the wanted constants of a TPU to `rows`, which are the device's; nil for a host.
  ///
  /// - Parameters:
  ///   - wanted: Positions in `FittedConstants.names`.
  ///   - progress: Called with the number of constants that were settled since the last call.
  package init?(
    _ rows: [ValidationRow], wanted: Set<Int>, device: Device, progress: @escaping (Int) -> Void = { _ in }
  ) {
    guard case .tpu(var tpu) = device.kind else { return nil }
    self.device = device
    var groups: [GroupFit] = [], values = tpu.constants.values
    // Neither gaps nor the traffic of stacks are modelled of scanned layers.
    func isUnrolled(_ row: ValidationRow) -> Bool { row.comparison.evidence.configuration.layers == .unrolled }
    let unrolled = rows.filter(isUnrolled)
    // Each group has a quantity of its own, on which the constants of the others have no or little influence.
    for group in ConstantGroup.allCases where !wanted.isDisjoint(with: group.indices) {
      let fit = GroupFit(group, unrolled, wanted: wanted, device: device, tpu: tpu, progress: progress)
      groups.append(fit)
      for constant in fit.fitted {
        if let new = constant.new, let index = FittedConstants.names.firstIndex(of: constant.name) {
          values[index] = new
        }
      }
    }
    var place = 0
    tpu.constants = FittedConstants { _, _ in
      defer { place += 1 }
      return values[place]
    }
    var fitted = device
    fitted.kind = .tpu(tpu)
    let estimator = Estimator(device: fitted)
    let after = rows.map { row in
      ValidationRow(
        place: row.place, group: row.group, comparison: Comparison(row.comparison.evidence, by: estimator))
    }
    let open = after.filter { row in !groups.contains { $0.split.sets(aside: row) } }.map(\.comparison)
    seen = UncertainBand.observations(open)
    band = UncertainBand(open).flatMap { $0 == tpu.uncertainBand ? nil : $0 }
    if let band { tpu.uncertainBand = band }
    fitted.kind = .tpu(tpu)
    self.fitted = fitted
    self.groups = groups
    errors = Self.errors(unrolled, after.filter(isUnrolled))
  }

  private static func errors(_ before: [ValidationRow], _ after: [ValidationRow]) -> [Errors] {
    EvidenceQuantity.allCases.flatMap { quantity -> [Errors] in
      let moved = zip(before, after).contains { $0.comparison[quantity] != $1.comparison[quantity] }
      guard moved else { return [] }
      let old = EvidenceSplit(before, quantity: quantity), new = EvidenceSplit(after, quantity: quantity)
      return [false, true].compactMap { isHeldOut in
        let (was, is_) = isHeldOut ? (old.heldOut, new.heldOut) : (old.training, new.training)
        guard let before = was.map(\.comparison).errors(of: quantity),
          let after = is_.map(\.comparison).errors(of: quantity)
        else { return nil }
        return Errors(quantity: quantity, isHeldOut: isHeldOut, before: before, after: after)
      }
    }
  }

  /// The errors of a group's quantity; nil if the fit moved none.
  package func errors(of group: ConstantGroup, isHeldOut: Bool) -> Errors? {
    errors.first { $0.quantity == group.quantity && $0.isHeldOut == isHeldOut }
  }

  /// The groups with fitted constants whose held-out error does not fall.
  package var worse: [GroupFit] {
    groups.filter { !$0.fitted.isEmpty && errors(of: $0.group, isHeldOut: true)?.falls != true }
  }

  /// The constants that were fitted.
  package var constants: [FittedConstant] { groups.flatMap(\.fitted) }
}
