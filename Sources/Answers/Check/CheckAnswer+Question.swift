import Catalog
import Reporting
import VisionTransformer

extension CheckAnswer {
  /// The answer to a question, including assumed defaults and what the shape's name implied.
  ///
  /// - Parameters:
  ///   - configuration: made from the other two.
  ///   - shape: the shape as read.
  ///   - setting: the setting as given.
  /// - Throws: `AnswerError` for an unknown device, and for a compiler without evidence.
  package init(
    _ configuration: Configuration, of shape: ReadShape, _ setting: GivenSetting, _ catalog: Catalog
  ) throws(AnswerError) {
    let named = setting.named(by: shape)
    do { try self.init(configuration, catalog, assumed: setting.assumed(shape, named: named)) } catch {
      throw AnswerError(error)
    }
    self.named = named
  }
}

extension GivenSetting {
  /// The keys that took their defaults, except those that the name implied. For a model's file, its notes say what it
  /// leaves open about the model itself.
  fileprivate func assumed(_ shape: ReadShape, named: CheckReport.Named?) -> Set<Configuration.Key> {
    guard let file = shape.file else { return assumed.subtracting(named?.keys ?? []) }
    // A configuration of the contract needs no such remark.
    return file == .contract ? [] : assumed.subtracting([.head, .classes])
  }

  /// What the shape's name implies and the setting does not give; nil for a name of the catalog's own, and for none.
  fileprivate func named(by shape: ReadShape) -> CheckReport.Named? {
    guard let reading = shape.name, let family = reading.family else { return nil }
    var keys: Set<Configuration.Key> = []
    if reading.imageSize != nil, imageSize == nil { keys.insert(.imageSize) }
    if reading.head != nil, head == nil { keys.insert(.head) }
    return CheckReport.Named(keys: keys, family: family)
  }
}
