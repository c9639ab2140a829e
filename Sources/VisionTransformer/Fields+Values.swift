extension Fields {
  /// A required case of an enumeration.
  ///
  /// - Throws: `ConfigurationError` that lists the choices.
  public func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: Key
  ) throws(ConfigurationError) -> Choice where Choice.RawValue == String {
    guard self[key] != nil, let fallback = Choice.allCases.first else {
      throw error(
        key, ConfigurationError.noValue,
        "is required: one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return try choice(key, default: fallback)
  }

  /// A required value of any kind.
  ///
  /// - Throws: `ConfigurationError` when it is missing.
  public func object(_ key: Key) throws(ConfigurationError) -> LooseValue {
    guard let value = self[key] else { throw error(key, ConfigurationError.noValue, "is required") }
    return value
  }

  /// A required finite number.
  ///
  /// - Throws: `ConfigurationError` when it is missing, or not a number.
  public func number(_ key: Key) throws(ConfigurationError) -> Double {
    guard let number = try optionalNumber(key) else { throw error(key, ConfigurationError.noValue, "is required") }
    return number
  }

  /// An optional finite number; nil if it is left out.
  ///
  /// - Throws: `ConfigurationError` when it is not a number.
  public func optionalNumber(_ key: Key) throws(ConfigurationError) -> Double? {
    switch self[key] {
    case nil: return nil
    case .integer(let value): return Double(value)
    case .number(let value, _) where value.isFinite: return value
    case .some(let value): throw error(key, "\(value)", "must be a number")
    }
  }

  /// A list of strings; empty if it is left out.
  ///
  /// - Throws: `ConfigurationError` when it is not a list of strings.
  public func texts(_ key: Key) throws(ConfigurationError) -> [String] {
    guard let value = self[key] else { return [] }
    guard case .array(let values) = value else { throw error(key, "\(value)", "must be a list of texts") }
    var texts: [String] = []
    for value in values {
      guard case .string(let text) = value else { throw error(key, "\(value)", "must be a list of texts") }
      texts.append(text)
    }
    return texts
  }

  /// An optional boolean; nil if it is left out.
  ///
  /// - Throws: `ConfigurationError` when it is neither.
  public func optionalBoolean(_ key: Key) throws(ConfigurationError) -> Bool? {
    switch self[key] {
    case nil: return nil
    case .boolean(let value): return value
    case .some(let value): throw error(key, "\(value)", "must be true or false")
    }
  }
}
