import VisionTransformer

extension Listing where Row == StepResult {
  /// Results of the contract: a table of the values that differ between rows, and every key for machines.
  ///
  /// CSV headers are the contract's paths: `shape` (the name, empty if there is none), `shape.width` … `shape.patch`,
  /// the other configuration keys, `evidence` …, `memory.total` …, `provenance.notes`.
  public static var results: Listing<StepResult> {
    let configuration = Listing<Configuration>.keys.of { (result: StepResult) in result.configuration }
    var listing = Listing(shown + configuration + evidence)
    listing.json = { row, writer in writer.result(row) }
    return listing
  }

  private static var shown: [Column] {
    [
      Column(title: "shape", text: { Styled($0.configuration.shapeName ?? $0.configuration.shape.description) }),
      .distinction(title: "device") { Styled($0.configuration.device) },
      Column(title: "head", rank: .name, text: { Styled($0.configuration.head.rawValue) }),
      Column(title: "optimizer", rank: .name, text: { Styled($0.configuration.optimizer.rawValue) }),
      Column(title: "batch", .right, rank: .name, text: { Styled(grouped($0.configuration.batch)) }),
      Column(title: "verdict", rank: .answer, text: { Styled(verdict: $0.verdict) }),
      Column(title: "total", .right, text: { Styled($0.memory.total.description) }),
      Column(title: "of", .right, rank: .detail, text: { Styled($0.memory.limit.description) }),
      Column(
        title: "parameters", .right, rank: .detail, text: { Styled(ParameterCount.text($0.parameterCount)) }),
      Column(title: "step", .right, rank: .detail, text: { Styled($0.stepSeconds?.description ?? "–") }),
      Column(
        title: "images/s", .right,
        text: { Styled($0.imagesPerSecond.map { fixed($0, digits: 1) } ?? "–") }),
      Column(title: "evidence", rank: .detail, text: { Styled($0.evidence.rawValue, .dim) }),
      .disturbed { $0.isDisturbed == true },
    ]
  }

  private static var evidence: [Column] {
    StepResult.Key.allCases.flatMap { key -> [Column] in
      switch key {
      case .evidence: [Column(key.rawValue) { .text($0.evidence.rawValue) }]
      case .verdict: [Column(key.rawValue) { .text($0.verdict.rawValue) }]
      case .parameterCount: [Column(key.rawValue) { .integer($0.parameterCount) }]
      case .memory:
        StepResult.MemoryKey.allCases.map { part in
          Column("memory." + part.rawValue) { .bytes($0.memory[part]) }
        }
      case .flopsPerImage: [Column(key.rawValue) { .number($0.flopsPerImage.count) }]
      case .stepSeconds: [Column(key.rawValue) { .seconds($0.stepSeconds) }]
      case .imagesPerSecond: [Column(key.rawValue) { .optional($0.imagesPerSecond) }]
      case .disturbed: [Column(key.rawValue) { .optional($0.isDisturbed) }]
      case .memoryOnly: [Column(key.rawValue) { .optional($0.isOfMemoryOnly) }]
      case .provenance:
        [
          Column("provenance.source") { .text($0.provenance.source) },
          Column("provenance.version") { .text($0.provenance.version) },
          Column("provenance.speaksFor") { .optional($0.provenance.speaksFor) },
          Column("provenance.host") { .optional($0.provenance.host) },
          Column("provenance.time") { .optional($0.provenance.time) },
          Column("provenance.notes") { .list($0.provenance.notes.map { .text($0) }) },
        ]
      }
    }
  }
}

extension Listing where Row == Configuration {
  /// The configuration's keys, for machines.
  static var keys: Listing<Configuration> {
    Listing(
      Configuration.Key.repeated.flatMap { key -> [Column] in
        guard key == .shape else { return [Column(key.rawValue) { $0.machineValue(key) }] }
        return [Column(key.rawValue) { .optional($0.shapeName) }]
          + Configuration.ShapeKey.allCases.map { number in
            Column("shape." + number.rawValue) { .integer($0.shape[number]) }
          }
      })
  }
}

extension Configuration {
  /// The value of a key of the contract; for `shape` its name.
  func machineValue(_ key: Key) -> MachineValue {
    switch key {
    case .shape: .optional(shapeName)
    case .device: .text(device)
    case .batch: .integer(batch)
    case .imageSize: .integer(imageSize)
    case .head: .text(head.rawValue)
    case .classes: .integer(classes)
    case .optimizer: .text(optimizer.rawValue)
    case .precision: .text(precision.rawValue)
    case .gradientClipping: .text(gradientClipping.rawValue)
    case .rematerialization: .text(rematerialization.rawValue)
    case .layers: .text(layers.rawValue)
    case .dataParallel: .integer(dataParallel)
    case .memoryLimit: .bytes(memoryLimit)
    case .compiler: .optional(compiler)
    }
  }
}

/// Formats numbers of parameters in the usual way.
public enum ParameterCount {
  /// `1930 M`, `86.6 M`: millions with at most four digits.
  public static func text(_ count: Int) -> String { text(Double(count)) }

  /// The same of a count of any size, such as a bound that a user gave.
  package static func text(_ count: Double) -> String {
    let millions = count / 1e6
    return fixed(millions, digits: millions >= 100 ? 0 : millions >= 10 ? 1 : 2) + " M"
  }
}
