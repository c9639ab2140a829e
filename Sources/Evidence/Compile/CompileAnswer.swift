import VisionTransformer

/// A compiler's answer about one program, checked against a limit. All bytes are of one core.
public struct CompiledEvidence: Sendable, Hashable {
  /// Name of the shape, or file of a user's own program.
  public var title: String
  /// Name of the device.
  public var device: String
  /// Everything that was read.
  public var report: CompileReport
  /// Whether it fits.
  public var verdict: Verdict
  /// Bytes by part.
  public var memory: MemoryBreakdown
  /// Time of one step from the compiler's cycles; nil if the program was not read.
  public var stepSeconds: Seconds?
  /// Where it comes from.
  public var provenance: Provenance
  /// The contract's result; nil for a user's own program.
  public var result: StepResult?

  /// Evidence.
  public init(
    title: String, device: String, report: CompileReport, verdict: Verdict, memory: MemoryBreakdown,
    stepSeconds: Seconds?, provenance: Provenance, result: StepResult?
  ) {
    self.title = title
    self.device = device
    self.report = report
    self.verdict = verdict
    self.memory = memory
    self.stepSeconds = stepSeconds
    self.provenance = provenance
    self.result = result
  }
}

/// The outcome of one question to a compiler.
public struct CompileAnswer: Sendable, Hashable {
  /// Evidence, or why there is none.
  public enum Outcome: Sendable, Hashable {
    /// The compiler has answered.
    case evidence(CompiledEvidence)
    /// The compile failed, with the reason.
    case failed(String)
    /// The compiler cannot compile this.
    case refused(ConfigurationError)
  }

  /// Name of the shape, or file of a user's own program.
  public var title: String
  /// The configuration in question; nil for a user's own program.
  public var configuration: Configuration?
  /// The outcome.
  public var outcome: Outcome
  /// Whether the compiler ran now; false if the store had the answer.
  public var isNew: Bool
  /// The reason for a failure as one word; nil if there is an answer.
  public var reason: String?
  /// Whether the machine failed, not the question: the same again may succeed.
  public var mayPass: Bool

  /// An answer.
  public init(
    title: String, configuration: Configuration?, outcome: Outcome, isNew: Bool, reason: String? = nil,
    mayPass: Bool = false
  ) {
    self.title = title
    self.configuration = configuration
    self.outcome = outcome
    self.isNew = isNew
    self.reason = reason
    self.mayPass = mayPass
  }

  /// The evidence; nil if there is none.
  public var evidence: CompiledEvidence? {
    if case .evidence(let evidence) = outcome { evidence } else { nil }
  }

  /// Why there is no evidence; nil if there is some.
  public var problem: String? {
    switch outcome {
    case .evidence: nil
    case .failed(let reason): reason
    case .refused(let error): "\(error)"
    }
  }
}
