import VisionTransformer

/// Two shapes that differ by case, and one device.
struct FewShapes: ShapeDirectory {
  static let shapes = [
    "ViT-G/14": Shape(width: 1664, depth: 48, mlpWidth: 8192, heads: 16, patch: 14),
    "ViT-g/14": Shape(width: 1408, depth: 40, mlpWidth: 6144, heads: 16, patch: 14),
  ]

  func shape(named name: String) throws(ConfigurationError) -> Shape {
    guard let shape = Self.shapes[name] else {
      throw ConfigurationError(key: "shape", value: "\"\(name)\"", rule: "is not a known shape")
    }
    return shape
  }

  func checkDevice(named name: String) throws(ConfigurationError) {
    guard name == "tpu-v3" else {
      throw ConfigurationError(key: "device", value: "\"\(name)\"", rule: "must be tpu-v3")
    }
  }
}

/// The configuration in a JSON text.
func configuration(_ json: String) throws -> Configuration {
  try Configuration(LooseValue(json: json), directory: FewShapes())
}

/// The error that a JSON text gives.
func configurationError(_ json: String) -> ConfigurationError? {
  do {
    _ = try configuration(json)
    return nil
  } catch {
    return error as? ConfigurationError
  }
}
