import Evidence
import VisionTransformer

/// The request to a compile's worker: one line of JSON, followed by the program.
public struct CompileRequest: Sendable, Hashable, Codable {
  /// The plugin's library.
  public var plugin: String
  /// The topology to compile for.
  public var topology: CompileTopology
  /// The compiler's options.
  public var options: CompilerOptions
  /// Number of arguments of the program; nil if unknown.
  public var argumentCount: Int?
  /// A file for the final program, in the plugin's format; nil for none.
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
  /// The compiler rejected the program.
  case refused(error: PJRTError)
  /// The plugin cannot be used.
  case unusable(error: PluginError)
  /// The request is malformed.
  case garbled(problem: String)
}
