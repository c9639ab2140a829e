import Catalog
import VisionTransformer

extension Configuration {
  /// Defaults of a measurement, where they are not those of the contract: what can be measured here at all.
  public enum MeasuredDefaults {
    /// This machine.
    public static let device = "cpu"
    /// What the kernels run.
    public static let precision = Precision.float32
    /// Nobody to share gradients with.
    public static let dataParallel = 1
  }

  /// Reads a configuration of the contract that is to be measured: what is left out of `device`, `precision` and
  /// `dataParallel` is what can be measured.
  ///
  /// - Throws: `ConfigurationError`, also for what is a configuration but cannot be measured.
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
  /// Puts in what a measurement takes where nobody says otherwise.
  public mutating func applyMeasuredDefaults() {
    device = Configuration.MeasuredDefaults.device
    precision = Configuration.MeasuredDefaults.precision
    dataParallel = Configuration.MeasuredDefaults.dataParallel
  }

  /// Checks that kernels for it exist.
  ///
  /// - Throws: `ConfigurationError` that says what to change.
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
  /// - Throws: `ConfigurationError` that says what to give instead.
  public func checkMeasurable(device name: String) throws(ConfigurationError) {
    if name == Configuration.MeasuredDefaults.device { return }
    guard try !device(named: name).isHost else { return }
    throw ConfigurationError(
      key: "device", value: "\"\(name)\"",
      rule: "must be \(Configuration.MeasuredDefaults.device): a measurement runs on this machine")
  }
}

/// The catalog's shapes, and the devices that can be measured, whether the catalog describes them or not.
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
  /// A device that can be measured, by the name that the catalog has for it.
  public func reading(ofDevice name: String) throws(ConfigurationError) -> DeviceReading {
    try checkDevice(named: name)
    if name == Configuration.MeasuredDefaults.device { return DeviceReading(name: name) }
    return try catalog.reading(ofDevice: name)
  }
}
