import VisionTransformer

/// A line as this program writes a result of a shape without a name: every key in its place, and nothing else.
struct ScannedResult {
  let shape: Shape
  let setting: UnsafeRawBufferPointer
  let evidence: EvidenceKind
  let verdict: Verdict
  let parameterCount: Int
  let memory: MemoryBreakdown
  let flopsPerImage: Double
  let stepSeconds: Double?
  let imagesPerSecond: Double?
  let isDisturbed: Bool?
  let isOfMemoryOnly: Bool?
  let origin: UnsafeRawBufferPointer

  /// The keys of `memory`, each with what is before it.
  private static let memoryKeys: [StaticString] = [
    #""total":"#, #","limit":"#, #","livePeak":"#, #","arguments":"#, #","parameters":"#, #","optimizerState":"#,
    #","inputs":"#, #","temporaries":"#, #","activations":"#, #","gradients":"#, #","workspace":"#, #","packing":"#,
    #","code":"#, #","paddingWaste":"#,
  ]

  /// Reads a line without its line break; nil if anything of it is otherwise.
  ///
  /// - Parameter guess: the text of the setting in the line before.
  init?(_ line: UnsafeRawBufferPointer, guess: [UInt8]) {
    var scan = LineScan(bytes: line)
    guard scan.pass(#"{"shape":{"#), let shape = Self.shape(&scan), scan.pass("},"),
      let setting = scan.text(until: #","width":"#, guess: guess), scan.pass(","), Self.shape(&scan) == shape,
      scan.pass(#","evidence":""#), let evidence = scan.choice(EvidenceKind.self), scan.pass(#","verdict":""#),
      let verdict = scan.choice(Verdict.self), scan.pass(#","parameterCount":"#), let count = scan.integer(),
      scan.pass(#","memory":{"#), let memory = Self.memory(&scan), scan.pass(#"},"flopsPerImage":"#),
      let flops = scan.number(), scan.pass(#","stepSeconds":"#), let seconds = scan.optional({ $0.number() }),
      scan.pass(#","imagesPerSecond":"#), let rate = scan.optional({ $0.number() }), scan.pass(#","disturbed":"#),
      let isDisturbed = scan.optional(Self.boolean)
    else { return nil }
    var isOfMemoryOnly: Bool?
    if scan.pass(#","memoryOnly":"#) {
      guard let value = Self.boolean(&scan) else { return nil }
      isOfMemoryOnly = value
    }
    guard scan.pass(#","provenance":{"#), let origin = scan.rest(before: "}}") else { return nil }
    self.shape = shape
    self.setting = setting
    self.evidence = evidence
    self.verdict = verdict
    parameterCount = count
    self.memory = memory
    flopsPerImage = flops
    stepSeconds = seconds
    imagesPerSecond = rate
    self.isDisturbed = isDisturbed
    self.isOfMemoryOnly = isOfMemoryOnly
    self.origin = origin
  }

  /// The result; nil for values that no result has together, of which the strict reader says what is wrong.
  func result(_ setting: Configuration.Setting, _ origin: Provenance) -> StepResult? {
    guard parameterCount >= 0, memory.total >= .zero, memory.limit >= .zero, stepSeconds.map({ $0 > 0 }) ?? true else {
      return nil
    }
    var provenance = origin
    provenance.isDisturbed = isDisturbed == true
    provenance.isOfMemoryOnly = isOfMemoryOnly == true
    let result = StepResult(
      configuration: Configuration(shape: shape, setting: setting), evidence: evidence, verdict: verdict,
      parameterCount: parameterCount, memory: memory, flopsPerImage: FLOPs(flopsPerImage),
      stepSeconds: stepSeconds.map { Seconds($0) }, provenance: provenance)
    guard result.isDisturbed == isDisturbed, result.isOfMemoryOnly == isOfMemoryOnly,
      (result.imagesPerSecond == nil) == (imagesPerSecond == nil),
      ((result.imagesPerSecond ?? 0) - (imagesPerSecond ?? 0)).magnitude <= 1e-9 * (imagesPerSecond ?? 0)
    else { return nil }
    return result
  }

  private static func shape(_ scan: inout LineScan) -> Shape? {
    guard scan.pass(#""width":"#), let width = scan.integer(), scan.pass(#","depth":"#), let depth = scan.integer(),
      scan.pass(#","mlpWidth":"#), let mlpWidth = scan.integer(), scan.pass(#","heads":"#), let heads = scan.integer(),
      scan.pass(#","patch":"#), let patch = scan.integer()
    else { return nil }
    return Shape(width: width, depth: depth, mlpWidth: mlpWidth, heads: heads, patch: patch)
  }

  private static func memory(_ scan: inout LineScan) -> MemoryBreakdown? {
    withUnsafeTemporaryAllocation(of: Int?.self, capacity: memoryKeys.count) { parts in
      for (index, key) in memoryKeys.enumerated() {
        guard scan.pass(key), let part = scan.optional({ $0.integer() }) else { return nil }
        parts.initializeElement(at: index, to: part)
      }
      func bytes(_ key: Int) -> Bytes? { parts[key].map { Bytes($0) } }
      guard let total = bytes(0), let limit = bytes(1) else { return nil }
      return MemoryBreakdown(
        total: total, limit: limit, livePeak: bytes(2), arguments: bytes(3), parameters: bytes(4),
        optimizerState: bytes(5), inputs: bytes(6), temporaries: bytes(7), activations: bytes(8), gradients: bytes(9),
        workspace: bytes(10), packing: bytes(11), code: bytes(12), paddingWaste: bytes(13))
    }
  }

  private static func boolean(_ scan: inout LineScan) -> Bool? {
    scan.pass("true") ? true : scan.pass("false") ? false : nil
  }
}
