import Catalog
import VisionTransformer

extension Configuration {
  /// Defaults of a measurement that differ from the contract's, because nothing else can be measured here.
  public enum MeasuredDefaults {
    /// This machine.
    public static let device = "cpu"
    /// The kernels' precision.
    public static let precision = Precision.float32
    /// There is no other core to share gradients with.
    public static let dataParallel = 1
  }

  /// Reads a configuration of the contract that is to be measured: `device`, `precision` and `dataParallel` default to
  /// what can be measured.
  ///
  /// - Throws: `ConfigurationError`, also for a valid configuration that cannot be measured.
  public init(
    measuring value: LooseValue, catalog: Catalog, understood: (String) -> Void = { _ in }
  ) throws(ConfigurationError) {
    var completed = value
    if case .object(var keys) = value {
      let defaults: [(Key, LooseValue)] = [
        (.device, .string(MeasuredDefaults.device)), (.precision, .string(MeasuredDefaults.precision.rawValue)),
        (.dataParallel, .integer(MeasuredDefaults.dataParallel)),
      ]
      for (key, value) in defaults where keys[key.rawValue] == nil || keys[key.rawValue] == .null {
        keys[key.rawValue] = value
      }
      completed = .object(keys)
    }
    let reading = try Self.reading(completed, directory: MeasuringDirectory(catalog: catalog))
    self = reading.configuration
    for note in reading.notes { understood(note) }
    try setting.checkMeasurable()
  }
}

extension Configuration.Setting {
  /// Applies the defaults of a measurement.
  public mutating func applyMeasuredDefaults() {
    device = Configuration.MeasuredDefaults.device
    precision = Configuration.MeasuredDefaults.precision
    dataParallel = Configuration.MeasuredDefaults.dataParallel
  }

  /// Checks that kernels for it exist.
  ///
  /// - Throws: `ConfigurationError` with what to change.
  public func checkMeasurable() throws(ConfigurationError) {
    guard precision == Configuration.MeasuredDefaults.precision else {
      throw ConfigurationError(
        key: "precision", value: precision.rawValue, rule: "must be float32: a measurement runs float32 activations")
    }
    guard dataParallel == Configuration.MeasuredDefaults.dataParallel else {
      throw ConfigurationError(
        key: "dataParallel", value: "\(dataParallel)",
        rule: "must be 1: a measurement runs on this machine alone and shares no gradients")
    }
    guard layers == .unrolled else {
      throw ConfigurationError(
        key: "layers", value: layers.rawValue, rule: "must be unrolled: a measurement runs the blocks one by one")
    }
  }
}

extension Catalog {
  /// Checks that a device can be measured: it is this machine.
  ///
  /// - Throws: `ConfigurationError` with what to give instead.
  public func checkMeasurable(device name: String) throws(ConfigurationError) {
    if name == Configuration.MeasuredDefaults.device { return }
    guard try !device(named: name).isHost else { return }
    throw ConfigurationError(
      key: "device", value: "\"\(name)\"",
      rule: "must be \(Configuration.MeasuredDefaults.device): a measurement runs on this machine")
  }
}

/// The catalog's shapes, and the devices that can be measured, whether or not the catalog describes them.
public struct MeasuringDirectory: ShapeDirectory {
  private let catalog: Catalog

  /// The shapes of `catalog`.
  public init(catalog: Catalog) { self.catalog = catalog }

  /// The catalog's.
  public func shape(named name: String) throws(ConfigurationError) -> Shape { try catalog.shape(named: name) }
  /// The catalog's.
  public func canonicalName(ofShape name: String) -> String { catalog.canonicalName(ofShape: name) }
  /// The catalog's.
  public func reading(ofShape name: String) throws(ConfigurationError) -> ShapeReading {
    try catalog.reading(ofShape: name)
  }
  /// Checks that a device can be measured.
  public func checkDevice(named name: String) throws(ConfigurationError) { try catalog.checkMeasurable(device: name) }
  /// A device that can be measured, under the catalog's name for it.
  public func reading(ofDevice name: String) throws(ConfigurationError) -> DeviceReading {
    try checkDevice(named: name)
    if name == Configuration.MeasuredDefaults.device { return DeviceReading(name: name) }
    return try catalog.reading(ofDevice: name)
  }
}
