import VisionTransformer

/// What makes two compiles the same: the program, who compiles it, and what the compiler is told.
public struct CompileKey: Sendable, Hashable {
  /// SHA-256 of the program, in hexadecimal.
  public var programHash: String
  /// The compiler, such as `libtpu 0.0.17.1`.
  public var compiler: String
  /// The cores that it is compiled for, a JSON object with sorted keys.
  public var topology: String
  /// What the compiler is told, a JSON object with sorted keys.
  public var options: String

  /// A key.
  public init(programHash: String, compiler: String, topology: String, options: String) {
    self.programHash = programHash
    self.compiler = compiler
    self.topology = topology
    self.options = options
  }
}

/// A compile that has ended, as it is stored.
public struct CompileRecord: Sendable, Hashable {
  /// What came of it.
  public enum Outcome: Sendable, Hashable {
    /// An answer: the evidence, where the program is a configuration's, the bytes that the program takes, and all that was read,
    /// a JSON object.
    case answer(StepResult?, verdict: Verdict, total: Bytes, report: String, seconds: Seconds)
    /// No answer: `reason` in one word, and in full.
    case failed(reason: String, explanation: String)
  }

  /// What was asked.
  public var key: CompileKey
  /// How far it went. A compile that was to stop early and came to its end is `full`.
  public var mode: CompileMode
  /// The configuration whose program it is; nil for a program of one's own.
  public var configuration: Configuration?
  /// Where the answer comes from, or would have come from; its notes are those of the evidence.
  public var provenance: Provenance
  /// Name of the device.
  public var device: String
  /// Bytes that the verdict is held against.
  public var limit: Bytes
  /// File of a program of one's own.
  public var programName: String?
  /// Size of the program.
  public var programSize: Bytes
  /// What came of it.
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

/// What a store knows of a compile.
public enum KnownCompile: Sendable, Hashable {
  /// The answer: all that was read, a JSON object, how far the compile went, and when it ended.
  case answer(report: String, mode: CompileMode, time: String)
  /// No answer: the last attempt, and why it failed.
  case failed(reason: String, explanation: String)
}
