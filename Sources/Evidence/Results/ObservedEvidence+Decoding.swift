import VisionTransformer

extension ObservedEvidence {
  /// The keys of a line of evidence.
  public enum Key: String, CaseIterable, Sendable {
    case configuration, compiler, observed, set
  }

  /// Reads one line of evidence, strictly: unknown keys, values of the wrong type and negative numbers are errors.
  ///
  /// - Throws: `ConfigurationError`.
  public init(_ value: LooseValue, directory: any ShapeDirectory) throws(ConfigurationError) {
    let fields = try Fields<Key>(value, path: "")
    let compiler = try fields.string(.compiler, default: "")
    guard !compiler.isEmpty else {
      throw fields.error(.compiler, ConfigurationError.noValue, "is required: who answered")
    }
    self.init(
      configuration: try Configuration(try fields.object(.configuration), directory: directory), compiler: compiler,
      observation: try Observation(try fields.object(.observed)), label: try fields.choice(.set))
  }
}

extension Observation {
  /// The keys of `observed`.
  public enum Key: String, CaseIterable, Sendable {
    case fits, limit, livePeak, arguments, total, packing, code, cycles, rematerializationLimit, peakAfter
    case rematerializedInstructions, floorReached, overlays, outputs, aliased, temporaries, parameterCount
    case parameterBytes, optimizerBytes, flops, seconds
  }

  /// Reads `observed` of a line of evidence, which needs at least a live peak or a total.
  ///
  /// - Throws: `ConfigurationError`.
  init(_ value: LooseValue) throws(ConfigurationError) {
    let fields = try Fields<Key>(value, path: "\(ObservedEvidence.Key.observed.rawValue).")
    func count(_ key: Key) throws(ConfigurationError) -> Int? {
      guard fields[key] != nil else { return nil }
      let count = try fields.integer(key)
      guard count >= 0 else { throw fields.error(key, "\(count)", "must not be negative") }
      return count
    }
    func bytes(_ key: Key) throws(ConfigurationError) -> Bytes? { try count(key).map(Bytes.init) }
    func number(_ key: Key) throws(ConfigurationError) -> Double? {
      guard let number = try fields.optionalNumber(key) else { return nil }
      guard number >= 0 else { throw fields.error(key, "\(number)", "must not be negative") }
      return number
    }
    self.init()
    fits = try fields.optionalBoolean(.fits)
    limit = try bytes(.limit)
    livePeak = try bytes(.livePeak)
    arguments = try bytes(.arguments)
    total = try bytes(.total)
    packing = try bytes(.packing)
    code = try bytes(.code)
    cycles = try count(.cycles)
    rematerializationLimit = try bytes(.rematerializationLimit)
    peakAfter = try bytes(.peakAfter)
    rematerializedInstructions = try count(.rematerializedInstructions)
    floorReached = try fields.optionalBoolean(.floorReached)
    overlays = try bytes(.overlays)
    outputs = try bytes(.outputs)
    aliased = try bytes(.aliased)
    temporaries = try bytes(.temporaries)
    parameterCount = try count(.parameterCount)
    parameterBytes = try bytes(.parameterBytes)
    optimizerBytes = try bytes(.optimizerBytes)
    flops = try number(.flops).map(FLOPs.init)
    seconds = try number(.seconds).map(Seconds.init)
    guard livePeak != nil || total != nil else {
      throw ConfigurationError(
        key: ObservedEvidence.Key.observed.rawValue, value: "\(value)", rule: "must have a livePeak or a total")
    }
  }
}
