import Evidence
import VisionTransformer
import WorkerProcess

/// The outcome of a compile.
public enum CompileOutcome: Sendable, Hashable {
  /// The compiler answered: it compiled the program, ran out of memory, or was stopped once the memory was known.
  case answered(CompileReport)
  /// The compiler rejects the program.
  case refused(PJRTError)
  /// The plugin cannot be used.
  case unusable(PluginError)
  /// It came to no answer.
  case failed(WorkerFailure)
  /// It was stopped on request.
  case stopped

  /// The answer; nil if there is none.
  public var report: CompileReport? {
    if case .answered(let report) = self { report } else { nil }
  }

  /// Why there is no answer, for a record; nil if there is one, or if it was stopped on request.
  public var failure: String? {
    switch self {
    case .answered, .stopped: nil
    case .refused(let error): "\(Refusal(error))"
    case .unusable(let error): "\(error)"
    case .failed(let failure): "\(failure)"
    }
  }
}

/// An event of a compile that is still running.
public enum CompileProgress: Sendable, Hashable {
  /// Its worker was launched.
  case launched(process: Int32)
  /// The plugin is loaded.
  case loaded(CompilerIdentity)
  /// The live peak is known, long before the compile ends.
  case peak(CompilerLog)
}

/// The settings of a compile.
public struct CompileSettings: Sendable, Hashable {
  /// How far it goes.
  public var mode: CompileMode
  /// The compiler's options; partitions, replicas and partitioner come from the program.
  public var options: CompilerOptions
  /// The longest that it may take.
  public var timeout: Seconds
  /// Limit on the resident bytes of its process; nil means no limit.
  public var residentMemory: Bytes?
  /// A file that the final program is written to.
  public var keepProgram: String?
  /// Where the scheduled graph is written; the compile then stops after the scheduler and rematerialization.
  public var graph: GraphDump?

  /// Default limit on a compile's duration: ViT-G takes 13 minutes on two cores.
  public static let defaultTimeout = Seconds(3600)
  /// Default limit on resident bytes: ViT-G takes 2.5 GB.
  public static let defaultResidentMemory = Bytes(8 << 30)

  /// Settings.
  public init(
    mode: CompileMode = .full, options: CompilerOptions = CompilerOptions(), timeout: Seconds = Self.defaultTimeout,
    residentMemory: Bytes? = Self.defaultResidentMemory, keepProgram: String? = nil, graph: GraphDump? = nil
  ) {
    self.mode = mode
    self.options = options
    self.timeout = timeout
    self.residentMemory = residentMemory
    self.keepProgram = keepProgram
    self.graph = graph
  }

  /// Whether nothing is left to hear from a compile that has logged this.
  func isAnswered(by log: CompilerLog) -> Bool {
    graph != nil ? log.hasPeak : mode == .memory && log.isMemoryKnown
  }
}
