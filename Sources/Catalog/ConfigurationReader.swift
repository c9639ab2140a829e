import VisionTransformer

/// Reads NDJSON: one configuration, or one result, a line.
public struct ConfigurationReader: Sendable {
  private let directory: any ShapeDirectory

  /// A reader that looks up shapes and devices in `directory`.
  public init(directory: any ShapeDirectory) { self.directory = directory }

  /// The configuration on a line of UTF-8 (`Data`, `String.utf8`, an array of bytes).
  ///
  /// - Throws: `ConfigurationError`, with an empty key where the line is not JSON.
  public func configuration(_ line: some Collection<UInt8>) throws(ConfigurationError) -> Configuration {
    try Configuration(try question(line), directory: directory)
  }

  /// What somebody asks on a line, before it is a configuration: JSON, without a number of bytes that nobody means.
  ///
  /// What programs write, results and evidence, may have it.
  ///
  /// - Throws: `ConfigurationError`, with an empty key where the line is not JSON.
  public func question(_ line: some Collection<UInt8>) throws(ConfigurationError) -> LooseValue {
    let value = try value(line)
    let key = Configuration.Key.memoryLimit.rawValue
    if case .object(let fields) = value, case .integer(let count)? = fields[key], let error = Bytes.missingUnit(count) {
      throw ConfigurationError(key: key, value: "\(count)", rule: error.rule(quoted: true))
    }
    return value
  }

  /// The configuration on a line.
  ///
  /// - Throws: `ConfigurationError`, with an empty key where the line is not JSON.
  public func configuration(_ line: String) throws(ConfigurationError) -> Configuration {
    try configuration(line.utf8)
  }

  /// The result on a line of UTF-8.
  ///
  /// - Throws: `ConfigurationError`, with an empty key where the line is not JSON.
  public func result(_ line: some Collection<UInt8>) throws(ConfigurationError) -> StepResult {
    try StepResult(try value(line), directory: directory)
  }

  /// The result on a line.
  ///
  /// - Throws: `ConfigurationError`, with an empty key where the line is not JSON.
  public func result(_ line: String) throws(ConfigurationError) -> StepResult { try result(line.utf8) }

  private func value(_ line: some Collection<UInt8>) throws(ConfigurationError) -> LooseValue {
    do {
      return try LooseValue(json: line)
    } catch {
      throw ConfigurationError(
        key: "", value: "this line", rule: error.column == nil ? error.problem : "is not JSON: \(error)")
    }
  }
}
