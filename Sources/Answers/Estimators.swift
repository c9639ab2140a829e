import Catalog
import Estimation
import VisionTransformer

/// One estimator for each device.
package struct Estimators: Sendable {
  private let catalog: Catalog
  private var known: [String: Estimator] = [:]

  /// Estimators of the devices of `catalog`.
  package init(_ catalog: Catalog) { self.catalog = catalog }

  /// The device with that name; nil if the catalog has none.
  package func device(named name: String) -> Device? { try? catalog.device(named: name) }

  /// The estimator for the configuration's device.
  ///
  /// - Throws: `ConfigurationError` naming the devices there are.
  package mutating func estimator(for configuration: Configuration) throws(ConfigurationError) -> Estimator {
    if let estimator = known[configuration.device] { return estimator }
    let estimator = Estimator(device: try catalog.device(named: configuration.device))
    known[configuration.device] = estimator
    return estimator
  }
}
