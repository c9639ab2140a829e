import Evidence
import VisionTransformer
import WorkerProcess

/// How a compile ended.
public enum CompileOutcome: Sendable, Hashable {
  /// The compiler has answered: it compiled, or ran out of memory, or was stopped once its memory was known.
  case answered(CompileReport)
  /// The compiler does not take the program.
  case refused(PJRTError)
  /// The plugin cannot be used.
  case unusable(PluginError)
  /// It came to no answer.
  case failed(WorkerFailure)
  /// It was told to stop.
  case stopped

  /// The answer; nil where there is none.
  public var report: CompileReport? {
    if case .answered(let report) = self { report } else { nil }
  }

  /// Why there is no answer, for a record; nil where there is one, or where it was told to stop.
  public var failure: String? {
    switch self {
    case .answered, .stopped: nil
    case .refused(let error): "\(Refusal(error))"
    case .unusable(let error): "\(error)"
    case .failed(let failure): "\(failure)"
    }
  }
}

/// What a compile says while it runs.
public enum CompileProgress: Sendable, Hashable {
  /// Its worker runs.
  case launched(process: Int32)
  /// The plugin is loaded.
  case loaded(CompilerIdentity)
  /// The live peak is known, long before the compile ends.
  case peak(CompilerLog)
}

/// How a compile is run.
public struct CompileSettings: Sendable, Hashable {
  /// How far it goes.
  public var mode: CompileMode
  /// What the compiler is told; its partitions, its replicas and its partitioner are the program's.
  public var options: CompilerOptions
  /// The longest that it may take.
  public var timeout: Seconds
  /// Most resident bytes of its process; nil: as many as there are.
  public var residentMemory: Bytes?
  /// A file that the final program is written to.
  public var keepProgram: String?

  /// The longest that a compile may take, where nothing else is said: ViT-G takes 13 minutes on two cores.
  public static let defaultTimeout = Seconds(3600)
  /// Most resident bytes, where nothing else is said: ViT-G takes 2.5 GB.
  public static let defaultResidentMemory = Bytes(8 << 30)

  /// Settings.
  public init(
    mode: CompileMode = .full, options: CompilerOptions = CompilerOptions(), timeout: Seconds = Self.defaultTimeout,
    residentMemory: Bytes? = Self.defaultResidentMemory, keepProgram: String? = nil
  ) {
    self.mode = mode
    self.options = options
    self.timeout = timeout
    self.residentMemory = residentMemory
    self.keepProgram = keepProgram
  }
}
