import Evidence
import VisionTransformer

/// Reads NDJSON with one configuration or one result on each line.
public struct ConfigurationReader: Sendable {
  private let directory: any ShapeDirectory
  private let understood: @Sendable (String) -> Void

  /// A reader that looks up shapes and devices in `directory`.
  ///
  /// - Parameters:
  ///   - directory: the shapes and devices.
  ///   - understood: receives the notes on names that are not the contract's own.
  public init(directory: any ShapeDirectory, understood: @escaping @Sendable (String) -> Void = { _ in }) {
    self.directory = directory
    self.understood = understood
  }

  /// The configuration on a line of UTF-8 (`Data`, `String.utf8`, an array of bytes).
  ///
  /// - Throws: `ConfigurationError`, with an empty key if the line is not JSON.
  public func configuration(_ line: some Collection<UInt8>) throws(ConfigurationError) -> Configuration {
    try Configuration(try question(line), directory: directory)
  }

  /// A user's question on a line, before it becomes a configuration: JSON in which every count of bytes is large enough
  /// to be meant.
  ///
  /// Results and evidence, which programs write, may contain smaller counts.
  ///
  /// - Throws: `ConfigurationError`, with an empty key if the line is not JSON.
  public func question(_ line: some Collection<UInt8>) throws(ConfigurationError) -> LooseValue {
    try checked(try value(line))
  }

  /// The configuration that a question of a batch describes.
  ///
  /// - Throws: `ConfigurationError`, with an empty key if it is not JSON.
  public func configuration(_ question: Question) throws(ConfigurationError) -> Configuration {
    let reading = try Configuration.reading(try value(of: question), directory: directory)
    reading.notes.forEach(understood)
    return reading.configuration
  }

  /// The JSON value of a question of a batch, before it becomes a configuration.
  ///
  /// - Throws: `ConfigurationError`, with an empty key if it is not JSON.
  public func value(of question: Question) throws(ConfigurationError) -> LooseValue {
    if let problem = question.problem { throw ConfigurationError(key: "", value: question.name, rule: problem) }
    return try checked(try value(question.text, name: question.name, line: question.line))
  }

  private func checked(_ value: LooseValue) throws(ConfigurationError) -> LooseValue {
    if case .object(let fields) = value, let format = ModelFile.Format(fields), format != .contract {
      throw ConfigurationError(
        key: "", value: "\(value)",
        rule:
          "describes a model of \(format.rawValue), not a configuration: `shapefinder check FILE.json` reads such a file"
      )
    }
    let key = Configuration.Key.memoryLimit.rawValue
    if case .object(let fields) = value, case .integer(let count)? = fields[key], let error = Bytes.missingUnit(count) {
      throw ConfigurationError(key: key, value: "\(count)", rule: error.rule(quoted: true))
    }
    return value
  }

  /// The configuration on a line.
  ///
  /// - Throws: `ConfigurationError`, with an empty key if the line is not JSON.
  public func configuration(_ line: String) throws(ConfigurationError) -> Configuration {
    try configuration(line.utf8)
  }

  /// The result on a line of UTF-8.
  ///
  /// - Throws: `ConfigurationError`, with an empty key if the line is not JSON.
  public func result(_ line: some Collection<UInt8>) throws(ConfigurationError) -> StepResult {
    try StepResult(try value(line), directory: directory)
  }

  /// The result on a line.
  ///
  /// - Throws: `ConfigurationError`, with an empty key if the line is not JSON.
  public func result(_ line: String) throws(ConfigurationError) -> StepResult { try result(line.utf8) }

  /// - Parameter line: line of the input on which the text begins.
  private func value(
    _ text: some Collection<UInt8>, name: String = "this line", line: Int = 1
  ) throws(ConfigurationError) -> LooseValue {
    do {
      return try LooseValue(json: text)
    } catch {
      var error = error
      if let place = error.line, place > 1 { error.line = line + place - 1 }
      throw ConfigurationError(
        key: "", value: name, rule: error.column == nil ? error.problem : "is not JSON: \(error)")
    }
  }
}
