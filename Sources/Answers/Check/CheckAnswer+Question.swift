import Catalog
import Reporting
import VisionTransformer

extension CheckAnswer {
  /// The answer to a question, with what was assumed and what the shape's name brought along.
  ///
  /// - Parameters:
  ///   - configuration: made of the two that follow.
  ///   - shape: as it was read.
  ///   - setting: as it was given.
  /// - Throws: `ConfigurationError` for an unknown device.
  package init(
    _ configuration: Configuration, of shape: ReadShape, _ setting: GivenSetting, _ catalog: Catalog
  ) throws(ConfigurationError) {
    let named = setting.named(by: shape)
    try self.init(configuration, catalog, assumed: setting.assumed(shape, named: named))
    self.named = named
  }
}

extension GivenSetting {
  /// The keys that were left to their defaults; what the name brought along is not among them. Of a model's file its notes tell what it
  /// leaves open of the model itself.
  fileprivate func assumed(_ shape: ReadShape, named: CheckReport.Named?) -> Set<Configuration.Key> {
    guard let file = shape.file else { return assumed.subtracting(named?.keys ?? []) }
    // A configuration says what it wants said.
    return file == .contract ? [] : assumed.subtracting([.head, .classes])
  }

  /// What the shape's name brings along that the setting does not say; nil for a name of the catalog's own, and for none.
  fileprivate func named(by shape: ReadShape) -> CheckReport.Named? {
    guard let reading = shape.name, let family = reading.family else { return nil }
    var keys: Set<Configuration.Key> = []
    if reading.imageSize != nil, imageSize == nil { keys.insert(.imageSize) }
    if reading.head != nil, head == nil { keys.insert(.head) }
    return CheckReport.Named(keys: keys, family: family)
  }
}
