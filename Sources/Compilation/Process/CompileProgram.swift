import VisionTransformer

/// A StableHLO module to be compiled, from any source.
public struct CompileProgram: Sendable, Hashable {
  /// Text or bytecode.
  public var bytes: [UInt8]
  /// Parts that the program is divided into, each on a core of its own.
  public var partitions: Int
  /// Copies of all parts that run side by side.
  public var replicas: Int
  /// Whether its shardings are Shardy's, JAX's default since 0.7; otherwise they are GSPMD's, or there are none.
  public var usesShardy: Bool
  /// Number of arguments of `main`, or for bytecode the most of any function; nil if they cannot be counted.
  public var argumentCount: Int?

  /// Cores that run it together.
  public var cores: Int { partitions * replicas }

  /// A module of `bytes` for `partitions` parts; with nil, the number in the module, or one.
  ///
  /// Never fails: the compiler rejects what is not a module. `init(reading:partitions:)` checks first.
  public init(_ bytes: [UInt8], partitions: Int? = nil) {
    let isBytecode = bytes.starts(with: ModuleBytecode.magic)
    self.init(
      bytes, isBytecode ? ModuleBytecode.facts(bytes) ?? ModuleFacts() : ModuleText.facts(bytes), partitions: partitions
    )
  }

  /// A module of text.
  public init(_ text: String, partitions: Int? = nil) { self.init(Array(text.utf8), partitions: partitions) }

  /// A module that another program exported.
  ///
  /// - Parameter partitions: number of parts given by the user; with nil, the number in the module, or one.
  /// - Throws: `ProgramError` for a file that is not a module, or a module that cannot be compiled as it is.
  public init(reading bytes: [UInt8], partitions: Int? = nil) throws(ProgramError) {
    // A byte order mark, which MLIR does not accept.
    let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    let facts: ModuleFacts
    switch ProgramFormat(bytes) {
    case .text: facts = ModuleText.facts(bytes)
    case .bytecode:
      if let read = ModuleBytecode.facts(bytes) {
        facts = read
      } else {
        guard partitions != nil else { throw .unreadBytecode }
        facts = ModuleFacts()
      }
    case .other(let kind): throw .noModule(kind.advice)
    }
    try facts.check(partitions: partitions)
    self.init(bytes, facts, partitions: partitions)
  }

  private init(_ bytes: [UInt8], _ facts: ModuleFacts, partitions: Int?) {
    func inRange(_ count: Int?) -> Int { min(max(1, count ?? 1), ModuleFacts.mostDevices) }
    self.bytes = bytes
    self.partitions = inRange(partitions ?? facts.partitions)
    replicas = inRange(facts.replicas)
    usesShardy = facts.usesShardy
    argumentCount = facts.argumentCount
  }

  /// SHA-256 of the bytes, in hexadecimal.
  public var hash: String { SHA256.hexadecimal(bytes) }
}

extension ModuleFacts {
  /// Checks that it can be compiled for the given number of partitions; nil if none was given.
  fileprivate func check(partitions given: Int?) throws(ProgramError) {
    if let omission { throw .omittedValues(line: omission.line) }
    if let openType { throw .openShape(type: openType.text, line: openType.place.line) }
    for (attribute, value) in [("mhlo.num_partitions", statedPartitions), ("mhlo.num_replicas", replicas)] {
      guard let value, !(1...Self.mostDevices).contains(value) else { continue }
      throw .impossible(attribute: attribute, value: value)
    }
    if let meshDevices, meshDevices > 1, let statedPartitions, statedPartitions != meshDevices {
      throw .meshAgainstPartitions(devices: meshDevices, partitions: statedPartitions)
    }
    if let given, let partitions, given != partitions {
      throw .partitionsAgainstModule(
        given: given, module: partitions,
        source: statedPartitions != nil ? .attribute : meshDevices != nil ? .mesh : .sharding)
    }
  }
}
