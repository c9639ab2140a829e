import VisionTransformer

/// The keys of an object that another program wrote, which also tracks the keys that were used: unknown keys are not
/// errors here, but they are reported.
struct ModelFields {
  let values: [String: LooseValue]
  /// Path of the object, for errors: `vision_cfg.`.
  let path: String
  private(set) var used: Set<String> = []

  init(_ values: [String: LooseValue], path: String = "") {
    self.values = values
    self.path = path
  }

  /// The value of a key; nil if it is left out or null.
  mutating func value(_ key: String) -> LooseValue? {
    used.insert(key)
    guard let value = values[key], value != .null else { return nil }
    return value
  }

  /// The keys that were never read, in order.
  var unused: [String] { values.keys.filter { !used.contains($0) }.sorted() }

  func error(_ key: String, _ rule: String) -> ConfigurationError {
    ConfigurationError(
      key: path + key, value: values[key].map { "\($0)" } ?? ConfigurationError.noValue, rule: rule)
  }

  /// A whole number of at least 1; nil if it is left out.
  mutating func count(_ key: String) throws(ConfigurationError) -> Int? {
    switch value(key) {
    case nil: return nil
    case .integer(let value) where value >= 1: return value
    case .some: throw error(key, "must be a whole number from 1")
    }
  }

  /// A whole number of at least 0; nil if it is left out.
  mutating func countFromZero(_ key: String) throws(ConfigurationError) -> Int? {
    value(key) == .integer(0) ? 0 : try count(key)
  }

  /// A number above 0; nil if it is left out.
  mutating func ratio(_ key: String) throws(ConfigurationError) -> Double? {
    switch value(key) {
    case nil: return nil
    case .integer(let value) where value > 0: return Double(value)
    case .number(let value, _) where value > 0: return value
    case .some: throw error(key, "must be a number above 0")
    }
  }

  /// A boolean; nil if it is left out.
  mutating func flag(_ key: String) throws(ConfigurationError) -> Bool? {
    switch value(key) {
    case nil: return nil
    case .boolean(let value): return value
    case .some: throw error(key, "must be true or false")
    }
  }

  /// A string; nil if it is left out.
  mutating func text(_ key: String) throws(ConfigurationError) -> String? {
    switch value(key) {
    case nil: return nil
    case .string(let value): return value
    case .some: throw error(key, "must be text")
    }
  }

  /// An object; nil if it is left out.
  mutating func object(_ key: String) throws(ConfigurationError) -> ModelFields? {
    switch value(key) {
    case nil: return nil
    case .object(let values): return ModelFields(values, path: path + key + ".")
    case .some: throw error(key, "must be an object")
    }
  }

  /// The side of a square in pixels: one number, or two equal ones; nil if it is left out.
  mutating func side(_ key: String) throws(ConfigurationError) -> Int? {
    let sides: [LooseValue]
    switch value(key) {
    case .array(let list)?: sides = list
    case .object(let object)?: sides = [object["height"] ?? .null, object["width"] ?? .null]
    default: return try count(key)
    }
    guard sides.count == 2, case .integer(let first) = sides[0], case .integer(let second) = sides[1], first >= 1 else {
      throw error(key, "must be a side in pixels, or two")
    }
    guard first == second else {
      throw ConfigurationError(
        key: path + key, value: "\(first) x \(second)",
        rule: "must be square: a step here has square images and patches, give a square of as many patches")
    }
    return first
  }
}
