import VisionTransformer

/// The identity of a compile: the program, the compiler, and the compiler's options.
public struct CompileKey: Sendable, Hashable {
  /// SHA-256 of the program, in hexadecimal.
  public var programHash: String
  /// The compiler, such as `libtpu 0.0.17.1`.
  public var compiler: String
  /// The cores that it is compiled for, as a JSON object with sorted keys.
  public var topology: String
  /// The compiler's options, as a JSON object with sorted keys.
  public var options: String

  /// A key.
  public init(programHash: String, compiler: String, topology: String, options: String) {
    self.programHash = programHash
    self.compiler = compiler
    self.topology = topology
    self.options = options
  }
}

/// A finished compile, as it is stored.
public struct CompileRecord: Sendable, Hashable {
  /// The outcome of a compile.
  public enum Outcome: Sendable, Hashable {
    /// An answer, with everything that was read.
    case answer(CompiledEvidence)
    /// No answer, with `reason` as one word and `explanation` in full.
    case failed(reason: String, explanation: String)
  }

  /// Identity of the compile.
  public var key: CompileKey
  /// How far it went. A compile that was meant to stop early but finished is `full`.
  public var mode: CompileMode
  /// The configuration whose program it is; nil for a user's own program.
  public var configuration: Configuration?
  /// The origin of the answer, or of the failed attempt; its notes are those of the evidence.
  public var provenance: Provenance
  /// Name of the device.
  public var device: String
  /// Bytes that the verdict is checked against.
  public var limit: Bytes
  /// File of a user's own program.
  public var programName: String?
  /// Size of the program.
  public var programSize: Bytes
  /// The outcome.
  public var outcome: Outcome
  /// When it ended, ISO 8601.
  public var time: String

  /// A compile.
  public init(
    key: CompileKey, mode: CompileMode, configuration: Configuration?, provenance: Provenance, device: String,
    limit: Bytes,
    programName: String? = nil, programSize: Bytes, outcome: Outcome, time: String
  ) {
    self.key = key
    self.mode = mode
    self.configuration = configuration
    self.provenance = provenance
    self.device = device
    self.limit = limit
    self.programName = programName
    self.programSize = programSize
    self.outcome = outcome
    self.time = time
  }
}

/// What a store knows about a compile.
public enum KnownCompile: Sendable, Hashable {
  /// The answer: the whole report as a JSON object, how far the compile went, and when it ended.
  case answer(report: String, mode: CompileMode, time: String)
  /// No answer: why the last attempt failed.
  case failed(reason: String, explanation: String)
}
