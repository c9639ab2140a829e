import Catalog
import Estimation
import Measurement
import VisionTransformer

/// Estimates for this machine, to show beside measurements; available once the catalog describes it (`devices probe`).
package struct MachineEstimates {
  private let catalog: Catalog
  private let threads: Int
  private var estimators: [String: Estimator?] = [:]
  private var counting: Estimator?

  /// - Parameter threads: number of threads that measure.
  package init(_ catalog: Catalog, threads: Int) {
    self.catalog = catalog
    self.threads = threads
  }

  /// The estimate for a configuration, with a note if its device is not this machine; nil if the catalog does not
  /// describe it.
  package mutating func estimate(_ configuration: Configuration) -> StepResult? {
    guard let estimator = estimator(configuration.device) else { return nil }
    var result = estimator.result(estimator.estimate(configuration), for: configuration)
    let device = estimator.device
    if case .host(let host) = device.kind, host.threads != threads || host.processor != Machine.processor {
      let name = device.name == Configuration.MeasuredDefaults.device ? "" : " --name \(device.name)"
      result.provenance.notes.append(
        "the estimate is for \(device.name): \(device.summary) To estimate for this machine, run `shapefinder devices probe"
          + "\(threads == StepRunner.Options.processors ? "" : " --threads \(threads)")\(name)`")
    }
    return result
  }

  /// The cost of a step relative to others: its estimated time, otherwise its FLOPs.
  package mutating func weight(_ configuration: Configuration) -> Double {
    if let estimator = estimator(configuration.device) { return estimator.estimate(configuration).stepSeconds }
    // FLOPs do not depend on the device, and any device's closed form gives them.
    guard let device = try? catalog.device(named: Configuration.Defaults.device) else { return 1 }
    let other = counting ?? Estimator(device: device)
    counting = other
    return other.estimate(configuration).flopsPerImage * Double(configuration.batch)
  }

  private mutating func estimator(_ device: String) -> Estimator? {
    if let known = estimators[device] { return known }
    let found = (try? catalog.device(named: device)).flatMap { $0.isHost ? Estimator(device: $0) : nil }
    estimators[device] = .some(found)
    return found
  }
}
