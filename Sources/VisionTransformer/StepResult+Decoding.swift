extension StepResult {
  /// The keys of `provenance`.
  public enum ProvenanceKey: String, CaseIterable, Sendable {
    case source, version, speaksFor, host, time, notes
  }

  /// Reads one result of the JSON contract (DESIGN section 6), strictly: the configuration's keys and the result's in one
  /// object; unknown keys, negative bytes and an `imagesPerSecond` that contradicts `stepSeconds` are errors.
  ///
  /// - Throws: `ConfigurationError`.
  public init(_ value: LooseValue, directory: any ShapeDirectory) throws(ConfigurationError) {
    guard case .object(let values) = value else {
      throw ConfigurationError(key: "", value: "\(value)", rule: "must be an object")
    }
    let known = Key.allCases.map(\.rawValue) + Configuration.Key.allCases.map(\.rawValue)
    if let unknown = values.keys.filter({ !known.contains($0) }).min() {
      throw ConfigurationError(
        key: excerpt(of: unknown), value: "\(values[unknown] ?? .null)",
        rule: "is not a known key of a result" + suggestion(for: unknown, among: known))
    }
    let fields = try Fields<Key>(.object(values.filter { Key(rawValue: $0.key) != nil }), path: "")
    let configuration = try Configuration(
      .object(values.filter { Key(rawValue: $0.key) == nil }), directory: directory)
    self.init(
      configuration: configuration,
      evidence: try fields.choice(.evidence),
      verdict: try fields.choice(.verdict),
      parameterCount: try fields.integer(.parameterCount),
      memory: try MemoryBreakdown(try fields.object(.memory)),
      flopsPerImage: FLOPs(try fields.number(.flopsPerImage)),
      stepSeconds: try fields.optionalNumber(.stepSeconds).map(Seconds.init),
      provenance: try Provenance(try fields.object(.provenance)))
    guard parameterCount >= 0 else {
      throw fields.error(.parameterCount, "\(parameterCount)", "must not be negative")
    }
    if let stepSeconds, stepSeconds.value <= 0 {
      throw fields.error(.stepSeconds, "\(stepSeconds.value)", "must be above 0")
    }
    // The rate is derived; a file in which it disagrees was edited or mixed up, and storing half of it would hide that.
    if let given = try fields.optionalNumber(.imagesPerSecond) {
      guard let rate = imagesPerSecond, (given - rate).magnitude <= 0.01 * rate else {
        throw fields.error(.imagesPerSecond, "\(given)", "contradicts batch and stepSeconds")
      }
    }
  }
}

extension MemoryBreakdown {
  /// Reads `memory` of a result; parts left out are unknown.
  init(_ value: LooseValue) throws(ConfigurationError) {
    let fields = try Fields<StepResult.MemoryKey>(value, path: "memory.")
    func part(_ key: StepResult.MemoryKey) throws(ConfigurationError) -> Bytes? {
      guard fields[key] != nil else { return nil }
      let count = try fields.integer(key)
      guard count >= 0 else { throw fields.error(key, "\(count)", "must not be negative") }
      return Bytes(count)
    }
    func required(_ key: StepResult.MemoryKey) throws(ConfigurationError) -> Bytes {
      guard let bytes = try part(key) else { throw fields.error(key, ConfigurationError.noValue, "is required") }
      return bytes
    }
    self.init(
      total: try required(.total), limit: try required(.limit), livePeak: try part(.livePeak),
      arguments: try part(.arguments), parameters: try part(.parameters), optimizerState: try part(.optimizerState),
      inputs: try part(.inputs), temporaries: try part(.temporaries), activations: try part(.activations),
      gradients: try part(.gradients), workspace: try part(.workspace), packing: try part(.packing),
      code: try part(.code), paddingWaste: try part(.paddingWaste))
  }
}

extension Provenance {
  /// Reads `provenance` of a result.
  init(_ value: LooseValue) throws(ConfigurationError) {
    let fields = try Fields<StepResult.ProvenanceKey>(value, path: "provenance.")
    func text(_ key: StepResult.ProvenanceKey) throws(ConfigurationError) -> String? {
      fields[key] == nil ? nil : try fields.string(key, default: "")
    }
    func required(_ key: StepResult.ProvenanceKey) throws(ConfigurationError) -> String {
      guard let text = try text(key) else { throw fields.error(key, ConfigurationError.noValue, "is required") }
      return text
    }
    self.init(
      source: try required(.source), version: try required(.version), speaksFor: try text(.speaksFor),
      host: try text(.host), time: try text(.time), notes: try fields.texts(.notes))
  }
}

extension Fields {
  /// A required choice among the cases of an enumeration.
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

  /// A finite number, nil where it is left out.
  ///
  /// - Throws: `ConfigurationError` when it is not a number.
  public func optionalNumber(_ key: Key) throws(ConfigurationError) -> Double? {
    switch self[key] {
    case nil: return nil
    case .integer(let value): return Double(value)
    case .number(let value) where value.isFinite: return value
    case .some(let value): throw error(key, "\(value)", "must be a number")
    }
  }

  /// A list of texts, empty where it is left out.
  ///
  /// - Throws: `ConfigurationError` when it is not a list of texts.
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
}
