import VisionTransformer

extension StepResult {
  /// Reads one result of the JSON contract (Contract, "A result"), strictly: the keys of the configuration and of the
  /// result in one object. Unknown keys, and an `imagesPerSecond` that contradicts `stepSeconds`, are errors.
  ///
  /// Evidence is self-contained: a shape's name that `directory` does not know is kept as the name of the numbers
  /// beside it, and an unknown device may belong to another machine's catalog.
  ///
  /// - Throws: `ConfigurationError`; also if the name belongs to other numbers.
  public init(_ value: LooseValue, directory: any ShapeDirectory) throws(ConfigurationError) {
    guard case .object(let values) = value else {
      throw ConfigurationError(key: "", value: "\(value)", rule: "must be an object")
    }
    if case .object(let error)? = values["error"] {
      var message = ""
      if case .string(let text)? = error["message"] { message = ": " + excerpt(of: text) }
      throw ConfigurationError(key: "", value: "this line", rule: "is an error, not a result" + message)
    }
    let known =
      Configuration.Key.allCases.map(\.rawValue) + Configuration.ShapeKey.allCases.map(\.rawValue)
      + Key.allCases.map(\.rawValue)
    let passedOver = AnswerKey.allCases.map(\.rawValue)
    if let unknown = values.keys.filter({ !known.contains($0) && !passedOver.contains($0) }).min() {
      throw ConfigurationError(
        key: excerpt(of: unknown), value: "\(values[unknown] ?? .null)",
        rule: "is not a known key of a result" + suggestion(for: unknown, among: known))
    }
    let fields = try Fields<Key>(.object(values.filter { Key(rawValue: $0.key) != nil }), path: "")
    let configuration = try Self.configuration(values, directory: directory)
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
    // The rate is derived from the time. A file in which they disagree was edited or mixed up, and ignoring that would
    // hide it.
    if let given = try fields.optionalNumber(.imagesPerSecond) {
      guard let rate = imagesPerSecond, (given - rate).magnitude <= 0.01 * rate else {
        throw fields.error(.imagesPerSecond, "\(given)", "contradicts batch and stepSeconds")
      }
    }
    if let given = try fields.optionalBoolean(.disturbed) {
      guard isDisturbed != nil else {
        throw fields.error(.disturbed, "\(given)", "must be null where no step was measured")
      }
      provenance.isDisturbed = given
    } else if isDisturbed != nil {
      provenance.isDisturbed = FormerNotes.sayDisturbed(provenance.notes)
    }
    if let given = try fields.optionalBoolean(.memoryOnly) {
      guard isOfMemoryOnly != nil else {
        throw fields.error(.memoryOnly, "\(given)", "must be left out where nothing was compiled")
      }
      provenance.isOfMemoryOnly = given
    } else if isOfMemoryOnly != nil {
      provenance.isOfMemoryOnly = FormerNotes.sayMemoryOnly(provenance.notes)
    }
  }
}

/// Reads older files, from before `disturbed` and `memoryOnly` were keys of a result. Nothing else interprets notes.
private enum FormerNotes {
  /// Whether a trial's notes say that other work disturbed its steps.
  static func sayDisturbed(_ notes: [String]) -> Bool { notes.contains { $0.hasPrefix("disturbed: ") } }

  /// Whether a compile's notes say that it stopped once its memory was known.
  static func sayMemoryOnly(_ notes: [String]) -> Bool {
    notes.contains("the compile was stopped once its memory was known; sizes have the digits of the compiler's log")
  }
}

extension StepResult {
  private typealias Numbers = Configuration.ShapeKey

  /// The configuration of a result: a shape by its name, by its numbers, or by both.
  private static func configuration(
    _ values: [String: LooseValue], directory: any ShapeDirectory
  ) throws(ConfigurationError) -> Configuration {
    var object = values.filter { Configuration.Key(rawValue: $0.key) != nil }
    let given = Numbers.allCases.compactMap { key in values[key.rawValue].map { (key, $0) } }
    var name: String?
    if case .string(let text)? = object["shape"], given.count == Numbers.allCases.count,
      // Results carry the catalog's own names; what looks like another library's name comes from another catalog.
      (try? directory.reading(ofShape: text)).map({ $0.note != nil }) ?? true
    {
      name = text
      object["shape"] = .object(Dictionary(uniqueKeysWithValues: given.map { ($0.rawValue, $1) }))
    }
    var configuration = try Configuration(.object(object), directory: AnyDevice(directory: directory))
    for (key, value) in given where value != .integer(configuration.shape[key]) {
      throw ConfigurationError(
        key: key.rawValue, value: "\(value)",
        rule: configuration.shapeName.map {
          "contradicts the name \($0), whose \(key.rawValue) is \(configuration.shape[key])"
        } ?? "contradicts the shape, whose \(key.rawValue) is \(configuration.shape[key])")
    }
    if let name { configuration.shapeName = name }
    return configuration
  }

  /// The shapes of a directory, and every device.
  private struct AnyDevice: ShapeDirectory {
    let directory: any ShapeDirectory

    func shape(named name: String) throws(ConfigurationError) -> Shape { try directory.shape(named: name) }
    func canonicalName(ofShape name: String) -> String { directory.canonicalName(ofShape: name) }
    func reading(ofShape name: String) throws(ConfigurationError) -> ShapeReading {
      try directory.reading(ofShape: name)
    }
    func checkDevice(named name: String) throws(ConfigurationError) {
      guard name.isEmpty else { return }
      throw ConfigurationError(key: "device", value: "\"\"", rule: "must be the name of a device")
    }
  }
}

extension MemoryBreakdown {
  /// Reads `memory` of a result; missing parts are unknown. Older files may contain negative differences.
  init(_ value: LooseValue) throws(ConfigurationError) {
    let fields = try Fields<StepResult.MemoryKey>(value, path: "memory.")
    func part(_ key: StepResult.MemoryKey) throws(ConfigurationError) -> Bytes? {
      guard fields[key] != nil else { return nil }
      return Bytes(try fields.integer(key))
    }
    func required(_ key: StepResult.MemoryKey) throws(ConfigurationError) -> Bytes {
      guard let bytes = try part(key) else { throw fields.error(key, ConfigurationError.noValue, "is required") }
      guard bytes >= .zero else { throw fields.error(key, "\(bytes.count)", "must not be negative") }
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
