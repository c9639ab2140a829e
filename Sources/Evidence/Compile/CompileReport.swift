import VisionTransformer

/// The identity of the compiler that answered.
public struct CompilerIdentity: Sendable, Hashable, Codable {
  /// Version of the plugin's interface, such as `0.69`.
  public var interface: String
  /// Name of the platform, such as `tpu`.
  public var platform: String
  /// The plugin's description of its version, with the time and source of the build.
  public var version: String
  /// The kind of core, such as `TPU v3`.
  public var deviceKind: String
  /// Cores of the topology.
  public var cores: Int

  /// An identity.
  package init(interface: String, platform: String, version: String, deviceKind: String, cores: Int) {
    self.interface = interface
    self.platform = platform
    self.version = version
    self.deviceKind = deviceKind
    self.cores = cores
  }
}

/// What a worker read from a compiled program.
public struct CompiledProgram: Sendable, Hashable, Codable {
  /// Bytes by kind.
  public var memory: CompiledMemory
  /// The compiler's own counts, such as `flops`. Its `optimal_seconds` is not a step time.
  public var cost: [String: Double]
  /// A reading of the final program; nil if it was not understood, for the reason in `problem`.
  public var schedule: ScheduleReading?
  /// Why `schedule` is nil.
  public var problem: String?
  /// Wall time of the compile on this machine.
  public var seconds: Seconds

  /// A compiled program.
  package init(
    memory: CompiledMemory, cost: [String: Double], schedule: ScheduleReading? = nil, problem: String? = nil,
    seconds: Seconds
  ) {
    self.memory = memory
    self.cost = cost
    self.schedule = schedule
    self.problem = problem
    self.seconds = seconds
  }
}

/// A compiler's report on one program. All bytes are of one core.
public struct CompileReport: Sendable, Hashable, Codable {
  /// SHA-256 of the program.
  public var programHash: String
  /// The plugin's version, such as `libtpu 0.0.17.1`, as far as it is known.
  public var plugin: String
  /// The compiler.
  public var compiler: CompilerIdentity
  /// The topology it was compiled for.
  public var topology: CompileTopology
  /// The compiler's options.
  public var options: CompilerOptions
  /// The compiled program; nil if it does not fit, or if the compile stopped once its memory was known.
  public var compiled: CompiledProgram?
  /// The compiler's error for a program that does not fit.
  public var outOfMemory: OutOfMemory?
  /// What its log reported.
  public var log: CompilerLog
  /// Wall time of the whole answer on this machine.
  public var seconds: Seconds

  /// A report.
  package init(
    programHash: String, plugin: String, compiler: CompilerIdentity, topology: CompileTopology,
    options: CompilerOptions, compiled: CompiledProgram? = nil, outOfMemory: OutOfMemory? = nil, log: CompilerLog,
    seconds: Seconds
  ) {
    self.programHash = programHash
    self.plugin = plugin
    self.compiler = compiler
    self.topology = topology
    self.options = options
    self.compiled = compiled
    self.outOfMemory = outOfMemory
    self.log = log
    self.seconds = seconds
  }

  /// The packer's gaps if the memory analysis counts them twice, otherwise zero. libtpu 0.0.17.1 and 0.0.32 do, 0.0.52
  /// does not; the table at the end of the log, which counts them once, shows which it is. Zero if there is no table.
  public var gapsCountedTwice: Bytes {
    guard let memory = compiled?.memory, let gaps = log.table.fragmentation, let once = log.table.temporaries else {
      return .zero
    }
    let excess = (memory.temporaries - once).count
    return (excess - gaps.count).magnitude < excess.magnitude ? gaps : .zero
  }

  /// Bytes of the program, with the packer's gaps counted once if they are known: from the memory analysis; from the
  /// buffer assignment if the compile was stopped; or from the error, which may know only some of them.
  public var total: Bytes? {
    if let compiled { return compiled.memory.total(countingOnce: gapsCountedTwice) }
    if let outOfMemory {
      guard outOfMemory.isPartial, let used = outOfMemory.used else { return outOfMemory.used }
      return used + (log.arguments ?? .zero)
    }
    return log.assignment?.total
  }

  /// Bytes as evidence counts them: arguments + outputs - aliased + temporaries, from the memory analysis.
  public var used: Bytes? { compiled?.memory.total ?? outOfMemory?.used }

  /// Half a unit of the last digit in which the log gives a total in GiB.
  static let totalRounding = Bytes.gibibytes(0.005)

  /// Whether the step fits `limit` bytes; nil if the answer does not settle it.
  ///
  /// The bytes are compared with the limit whether or not the compile succeeded; success alone settles nothing.
  public func verdict(limit: Bytes) -> Verdict? {
    if let compiled { return compiled.memory.verdict(limit: limit, fragmentation: gapsCountedTwice) }
    if let outOfMemory {
      // The compiler used a limit of its own; its figure also decides about a larger limit.
      if limit <= (outOfMemory.limit ?? limit) + Self.totalRounding { return .doesNotFit }
      return total.flatMap { $0 - Self.totalRounding > limit ? .doesNotFit : nil }
    }
    if let total = log.assignment?.total {
      if total + Self.totalRounding <= limit { return .fits }
      return total - Self.totalRounding > limit ? .doesNotFit : .uncertain
    }
    if let arguments = log.arguments, arguments > limit { return .doesNotFit }
    guard let after = log.peakAfter else { return nil }
    return after > limit ? .doesNotFit : nil
  }

  /// Time of one step at `clock` Hz, from the compiler's own cycles; nil if the program was not read.
  public func stepSeconds(clock: Double) -> Seconds? { compiled?.schedule?.seconds(clock: clock) }

  /// The report as an observation, in the form that evidence uses.
  public func observation(limit: Bytes) -> Observation {
    var seen = Observation()
    switch verdict(limit: limit) {
    case .fits: seen.fits = true
    case .doesNotFit: seen.fits = false
    case .uncertain, nil: seen.fits = nil
    }
    seen.limit = limit
    seen.livePeak = log.livePeak
    seen.arguments = compiled?.memory.arguments ?? log.assignment?.arguments ?? log.arguments
    seen.total = used
    seen.packing = log.table.fragmentation ?? log.assignment?.fragmentation
    seen.code = compiled?.memory.code
    seen.cycles = compiled?.schedule?.entryCycles
    seen.rematerializationLimit = log.rematerializationLimit
    seen.peakAfter = log.peakAfter
    seen.rematerializedInstructions = compiled?.schedule?.rematerializedCount ?? log.rematerializedInstructions
    seen.floorReached = log.peakAfter == nil ? nil : log.floorReached
    seen.overlays = log.overlayEstimate
    seen.outputs = compiled?.memory.outputs
    seen.aliased = compiled?.memory.aliased
    seen.temporaries = compiled?.memory.temporaries
    seen.flops = compiled?.cost["flops"].map { FLOPs($0) }
    seen.seconds = seconds
    return seen
  }
}
