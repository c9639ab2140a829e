import Evidence
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

/// An event of a compile's worker: one line of JSON.
enum CompileEvent: Sendable, Hashable, Codable {
  /// The plugin is loaded and knows the topology.
  case loaded(compiler: CompilerIdentity)
  /// The program is compiled.
  case completed(program: CompiledProgram)
  /// The compiler has said no.
  case refused(error: PJRTError)
  /// The plugin cannot be used.
  case unusable(error: PluginError)
  /// The request is none.
  case garbled(problem: String)
}
