import VisionTransformer

/// The contract's keys with their bytes made once.
private enum ResultKeys {
  static let configuration = Configuration.Key.repeated.map { ($0, JSONWriter.Key($0.rawValue)) }
  static let shape = Configuration.ShapeKey.allCases.map { ($0, JSONWriter.Key($0.rawValue)) }
  static let result = StepResult.Key.allCases.map { ($0, JSONWriter.Key($0.rawValue)) }
  static let memory = StepResult.MemoryKey.allCases.map { ($0, JSONWriter.Key($0.rawValue)) }
  static let source = JSONWriter.Key("source")
  static let version = JSONWriter.Key("version")
  static let speaksFor = JSONWriter.Key("speaksFor")
  static let host = JSONWriter.Key("host")
  static let time = JSONWriter.Key("time")
  static let notes = JSONWriter.Key("notes")
}

extension JSONWriter {
  /// Writes the keys of a configuration into an object that the caller begins and ends.
  public mutating func fields(_ configuration: Configuration) {
    let setting = configuration.setting
    for (field, token) in ResultKeys.configuration {
      key(token)
      if field == .shape { shape(configuration) } else { value(of: field, setting) }
    }
    compiler(setting)
  }

  /// Writes the compiler that was asked for, if one was.
  private mutating func compiler(_ setting: Configuration.Setting) {
    guard let compiler = setting.compiler else { return }
    key(Configuration.Key.compiler.rawValue)
    string(compiler)
  }

  /// Writes the keys of a setting into an object that the caller begins and ends.
  ///
  /// - Parameter apartFromAxes: leaves out batch and image size.
  package mutating func fields(_ setting: Configuration.Setting, apartFromAxes: Bool) {
    for (field, token) in ResultKeys.configuration where field != .shape {
      if apartFromAxes, field == .batch || field == .imageSize { continue }
      key(token)
      value(of: field, setting)
    }
    compiler(setting)
  }

  /// Writes the value of one key of a setting.
  package mutating func value(of field: Configuration.Key, _ setting: Configuration.Setting) {
    switch field {
    case .shape: break
    case .device: string(setting.device)
    case .batch: integer(setting.batch)
    case .imageSize: integer(setting.imageSize)
    case .head: string(setting.head.rawValue)
    case .classes: integer(setting.classes)
    case .optimizer: string(setting.optimizer.rawValue)
    case .precision: string(setting.precision.rawValue)
    case .gradientClipping: string(setting.gradientClipping.rawValue)
    case .rematerialization: string(setting.rematerialization.rawValue)
    case .layers: string(setting.layers.rawValue)
    case .dataParallel: integer(setting.dataParallel)
    case .memoryLimit: value(.bytes(setting.memoryLimit))
    case .compiler: value(.optional(setting.compiler))
    }
  }

  /// Writes a configuration as one object of the contract.
  public mutating func configuration(_ configuration: Configuration) {
    beginObject()
    fields(configuration)
    endObject()
  }

  /// Writes a result as one object of the contract: the configuration's keys, the numbers of its shape whether or not
  /// it has a name, then the findings.
  public mutating func result(_ result: StepResult) {
    beginObject()
    fields(result)
    endObject()
  }

  /// Writes the keys of a result into an object that the caller begins and ends.
  package mutating func fields(_ result: StepResult) {
    fields(result.configuration)
    numbers(result.configuration.shape)
    findings(result)
  }

  /// Writes what is known of a configuration into an object that the caller begins and ends.
  package mutating func findings(_ result: StepResult) {
    for (field, token) in ResultKeys.result where field != .memoryOnly || result.isOfMemoryOnly != nil {
      key(token)
      switch field {
      case .evidence: string(result.evidence.rawValue)
      case .verdict: string(result.verdict.rawValue)
      case .parameterCount: integer(result.parameterCount)
      case .memory:
        beginObject()
        for (part, token) in ResultKeys.memory {
          key(token)
          value(.bytes(result.memory[part]))
        }
        endObject()
      case .flopsPerImage: number(result.flopsPerImage.count)
      case .stepSeconds: value(.seconds(result.stepSeconds))
      case .imagesPerSecond: value(.optional(result.imagesPerSecond))
      case .disturbed: value(.optional(result.isDisturbed))
      case .memoryOnly: value(.optional(result.isOfMemoryOnly))
      case .provenance: provenance(result.provenance)
      }
    }
  }

  private mutating func shape(_ configuration: Configuration) {
    if let name = configuration.shapeName { return string(name) }
    beginObject()
    numbers(configuration.shape)
    endObject()
  }

  package mutating func numbers(_ shape: Shape) {
    for (field, token) in ResultKeys.shape {
      key(token)
      integer(shape[field])
    }
  }

  /// Writes a provenance as one object of the contract.
  package mutating func provenance(_ provenance: Provenance) {
    beginObject()
    key(ResultKeys.source)
    string(provenance.source)
    key(ResultKeys.version)
    string(provenance.version)
    key(ResultKeys.speaksFor)
    value(.optional(provenance.speaksFor))
    key(ResultKeys.host)
    value(.optional(provenance.host))
    key(ResultKeys.time)
    value(.optional(provenance.time))
    key(ResultKeys.notes)
    beginArray()
    for note in provenance.notes { string(note) }
    endArray()
    endObject()
  }
}

extension MemoryBreakdown {
  /// The bytes of a key of the contract; nil if the evidence does not know them.
  public subscript(key: StepResult.MemoryKey) -> Bytes? {
    switch key {
    case .total: total
    case .limit: limit
    case .livePeak: livePeak
    case .arguments: arguments
    case .parameters: parameters
    case .optimizerState: optimizerState
    case .inputs: inputs
    case .temporaries: temporaries
    case .activations: activations
    case .gradients: gradients
    case .workspace: workspace
    case .packing: packing
    case .code: code
    case .paddingWaste: paddingWaste
    }
  }
}
