import Catalog
import Estimation
import VisionTransformer

/// One estimator for each device and compiler.
package struct Estimators: Sendable {
  private let catalog: Catalog
  /// By device, or device and compiler.
  private var known: [String: Estimator] = [:]

  /// Estimators of the devices of `catalog`.
  package init(_ catalog: Catalog) { self.catalog = catalog }

  /// The device with that name; nil if the catalog has none.
  package func device(named name: String) -> Device? { try? catalog.device(named: name) }

  /// The estimator for the configuration's device.
  ///
  /// - Throws: `ConfigurationError` naming the devices there are, or the compilers.
  package mutating func estimator(for configuration: Configuration) throws(ConfigurationError) -> Estimator {
    let name = configuration.compiler.map { configuration.device + " " + $0 } ?? configuration.device
    if let estimator = known[name] { return estimator }
    let estimator = Estimator(device: try catalog.device(of: configuration.setting))
    known[name] = estimator
    return estimator
  }
}
