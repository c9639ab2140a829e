import Foundation
import VisionTransformer

/// Rows of evidence for one group of constants, whose estimates are made again and again with other values.
struct ConstantRows {
  let group: ConstantGroup
  let rows: [ObservedEvidence]
  /// The observed values.
  private let observed: [Double]
  private let device: Device
  private let tpu: TPUFigures

  /// The rows that have the group's quantity.
  init(_ group: ConstantGroup, _ rows: [ValidationRow], device: Device, tpu: TPUFigures) {
    let kept = rows.compactMap { row in row.comparison[group.quantity].map { (row.comparison.evidence, $0.observed) } }
    (self.group, self.rows, observed) = (group, kept.map(\.0), kept.map(\.1))
    (self.device, self.tpu) = (device, tpu)
  }

  var count: Int { rows.count }

  /// The logarithms of estimated over observed with constants of `values`, in the order of `FittedConstants.names`; nil
  /// if an estimate is not above zero.
  func residuals(_ values: [Double]) -> [Double]? {
    let estimates = estimates(values, of: rows)
    guard estimates.allSatisfy({ $0 > 0 }) else { return nil }
    return zip(estimates, observed).map { log($0 / $1) }
  }

  /// Whether a step would be such a row: the compiler does not recompute anything of it, unless limits are compared.
  func takes(_ configuration: Configuration) -> Bool {
    group.quantity == .rematerializationLimit
      || Estimator(device: device).estimate(configuration).rematerialized == nil
  }

  /// What the estimates of `rows` are with constants of `values`; zero where the model makes no claim.
  func estimates(_ values: [Double], of rows: [ObservedEvidence]) -> [Double] {
    FittedConstants.withTemporary(values) { constants in
      var tpu = tpu, device = device
      tpu.constants = constants
      device.kind = .tpu(tpu)
      let estimator = Estimator(device: device)
      return rows.map { row in
        let estimate = estimator.estimate(row.configuration)
        // The limit of a step that stays below it is no pair of a comparison; here it must not come and go.
        if group.quantity == .rematerializationLimit { return Double(estimate.rematerializationLimit) }
        return Comparison(estimate, row, device: device)[group.quantity]?.estimated ?? 0
      }
    }
  }
}

/// A constant as a fit moves it: by the logarithm where it is above zero and must stay so, otherwise by steps of a unit.
struct MovedConstant {
  /// The position in `FittedConstants.names`.
  let index: Int
  /// The unit of a step; nil for the logarithm.
  let unit: Double?
  private let mayBeNegative: Bool

  /// The constant at `index`, whose value is not zero.
  init(_ index: Int, value: Double, mayBeNegative: Bool) {
    self.init(index, unit: mayBeNegative || value <= 0 ? value.magnitude : nil, mayBeNegative: mayBeNegative)
  }

  /// The constant at `index` in steps of `unit`.
  init(_ index: Int, unit: Double?, mayBeNegative: Bool) {
    (self.index, self.unit, self.mayBeNegative) = (index, unit, mayBeNegative)
  }

  /// The value after a step.
  func moved(_ value: Double, by step: Double) -> Double {
    guard let unit else { return value * exp(step) }
    let moved = value + unit * step
    return mayBeNegative ? moved : max(0, moved)
  }

  /// How much of its value a step is.
  func relative(_ value: Double) -> Double {
    guard let unit else { return 1 }
    return value == 0 ? .infinity : unit / value.magnitude
  }
}
