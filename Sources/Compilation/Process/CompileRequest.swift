import VisionTransformer

/// What a compile's worker is asked: one line of JSON, behind which the program follows.
public struct CompileRequest: Sendable, Hashable, Codable {
  /// The plugin's library.
  public var plugin: String
  /// What the program is compiled for.
  public var topology: CompileTopology
  /// What the compiler is told.
  public var options: CompilerOptions
  /// Arguments of the program; nil where they are not known.
  public var argumentCount: Int?
  /// A file that the final program is written to, as the plugin gives it; nil for none.
  public var keepProgram: String?

  /// A request.
  public init(
    plugin: String, topology: CompileTopology, options: CompilerOptions, argumentCount: Int?,
    keepProgram: String? = nil
  ) {
    self.plugin = plugin
    self.topology = topology
    self.options = options
    self.argumentCount = argumentCount
    self.keepProgram = keepProgram
  }
}

/// Cores by the plugin's name for them.
public struct CompileTopology: Sendable, Hashable, Codable {
  /// The name, such as `v3:2x2`.
  public var name: String
  /// The plugin's own options.
  public var options: [String: NamedValue]

  /// A topology.
  public init(name: String, options: [String: NamedValue] = [:]) {
    self.name = name
    self.options = options
  }
}

/// An event of a compile's worker: one line of JSON.
enum CompileEvent: Sendable, Hashable, Codable {
  /// The plugin is loaded and knows the topology.
  case loaded(CompilerIdentity)
  /// The program is compiled.
  case completed(CompiledProgram)
  /// The compiler has said no.
  case refused(PJRTError)
  /// The plugin cannot be used.
  case unusable(PluginError)
  /// The request is none.
  case garbled(String)
}

/// Which compiler it is.
public struct CompilerIdentity: Sendable, Hashable, Codable {
  /// Version of the plugin's interface, such as `0.67`.
  public var interface: String
  /// Name of the platform, such as `tpu`.
  public var platform: String
  /// What the plugin says of its version.
  public var version: String
  /// The kind of core, such as `TPU v3`.
  public var deviceKind: String
  /// Cores of the topology.
  public var cores: Int
}

/// What a worker read of a compiled program.
public struct CompiledProgram: Sendable, Hashable, Codable {
  /// Bytes by kind.
  public var memory: CompiledMemory
  /// The compiler's own counts, such as `flops`; not what a step costs.
  public var cost: [String: Double]
  /// What the final program says; nil where it is not understood, and `problem` says why.
  public var schedule: ScheduleReading?
  /// Why `schedule` is nil.
  public var problem: String?
  /// Wall time of the compile on this machine.
  public var seconds: Seconds
}
