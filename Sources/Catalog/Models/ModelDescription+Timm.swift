import VisionTransformer

extension ModelDescription {
  /// Heads by timm's name for the pooling.
  static let timmPooling: [String: Head] = ["token": .token, "avg": .gap, "map": .map]

  /// Reads timm's `config.json`, in which the architecture is a name.
  ///
  /// Source: timm, `save_config_for_hf` in `timm/models/_hub.py`.
  ///
  /// - Throws: `ConfigurationError`.
  mutating func readTimm(_ file: ModelFields) throws(ConfigurationError) {
    var file = file
    guard let name = try file.text("architecture") else { throw file.error("architecture", "must be text") }
    try readTimmName(name, file, "architecture")
    head = try file.text("global_pool").flatMap { Self.timmPooling[$0] } ?? head
    classes = try file.count("num_classes")
    keys["classes"] = "num_classes"
    if var pretrained = try file.object("pretrained_cfg") {
      if case .array(let size)? = pretrained.value("input_size"), size.count == 3 {
        guard size[0] == .integer(3), size[1] == size[2], case .integer(let side) = size[1] else {
          throw pretrained.error("input_size", "must be 3 channels and a square: a step here reads square RGB images")
        }
        imageSize = side
        keys["imageSize"] = pretrained.path + "input_size"
      }
      leave(pretrained)
    }
    leave(file)
  }

  /// Takes the shape from one of timm's names, and also pooling and image size unless something else gave them.
  mutating func readTimmName(
    _ name: String, _ fields: ModelFields, _ key: String
  ) throws(ConfigurationError) {
    do {
      let reading = try catalog.reading(ofShape: name)
      shape = reading.shape
      imageSize = imageSize ?? reading.imageSize
      head = head ?? reading.head
    } catch {
      throw ConfigurationError(key: fields.path + key, value: error.value, rule: error.rule)
    }
  }
}
