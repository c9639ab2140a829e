import Dispatch
import TrainingStep
import VisionTransformer

extension Estimator {
  /// The regime that the compiler takes at most depths, and the other.
  func regimes(
    _ structure: StepStructure, _ sizes: AxisSizes, _ tpu: borrowing TPUFigures
  ) -> (first: XLARegime, alternative: XLARegime?) {
    let regime = XLARegime(structure, sizes, tpu)
    return (regime, ScheduledSeries.covers(structure, sizes) ? nil : regime.alternative(structure, sizes))
  }

  /// Builds the models of configurations on all cores, for `series` to find them: each takes about a millisecond.
  package static func prepare(_ asked: some Sequence<(estimator: Estimator, configuration: Configuration)>) {
    var missing: [StepStructure: [UInt64: XLARegime]] = [:]
    for (estimator, configuration) in asked {
      guard case .tpu(let tpu) = estimator.device.kind else { continue }
      let sizes = AxisSizes(configuration), structure = StepStructure(configuration, sizes)
      let regimes = estimator.regimes(structure, sizes, tpu)
      for case let regime? in [regimes.first, regimes.alternative] {
        let key = StepModel.key(structure, regime)
        if !StepModel.isKept(key) { missing[structure, default: [:]][key] = regime }
      }
    }
    // One thread a structure: its programs are built once, and their reference counts are not fought over.
    let structures = missing.sorted { $0.value.count > $1.value.count }
    guard structures.count > 1 else { return }
    DispatchQueue.concurrentPerform(iterations: structures.count) { index in
      let (structure, regimes) = structures[index]
      for regime in regimes.values { _ = built { try StepModel.of(structure, regime) } }
    }
  }

  // A program of this package that breaks its own shape rules is a defect here, never caused by input: the tests build
  // every structure.
  static func built<Model>(_ model: () throws -> Model) -> Model {
    do { return try model() } catch { preconditionFailure("\(error)") }
  }
}
