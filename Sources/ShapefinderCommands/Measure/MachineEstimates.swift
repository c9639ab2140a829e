import Catalog
import Estimation
import VisionTransformer

/// Estimates for this machine, to stand beside what is measured: there are some once the catalog describes it (`devices probe`).
struct MachineEstimates {
  private let catalog: Catalog
  private var estimators: [String: Estimator?] = [:]
  private var counting: Estimator?

  init(_ catalog: Catalog) { self.catalog = catalog }

  /// The estimate for a configuration; nil where its device is not described.
  mutating func estimate(_ configuration: Configuration) -> StepResult? {
    guard let estimator = estimator(configuration.device) else { return nil }
    return estimator.result(estimator.estimate(configuration), for: configuration)
  }

  /// What a step costs in comparison with others: its estimated time, else its FLOPs.
  mutating func weight(_ configuration: Configuration) -> Double {
    if let estimator = estimator(configuration.device) { return estimator.estimate(configuration).stepSeconds }
    // FLOPs are the same on every device, and any device's closed form gives them.
    guard let device = try? catalog.device(named: Configuration.Defaults.device) else { return 1 }
    let other = counting ?? Estimator(device: device)
    counting = other
    return other.estimate(configuration).flopsPerImage * Double(configuration.batch)
  }

  private mutating func estimator(_ device: String) -> Estimator? {
    if let known = estimators[device] { return known }
    let found = (try? catalog.device(named: device)).flatMap { $0.kind == .cpu ? Estimator(device: $0) : nil }
    estimators[device] = .some(found)
    return found
  }
}
