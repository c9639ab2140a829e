import VisionTransformer

/// What a compiler said of one program, held against a limit. All bytes are of one core.
public struct CompiledEvidence: Sendable, Hashable {
  /// Name of the shape, or file of a program of one's own.
  public var title: String
  /// Name of the device.
  public var device: String
  /// What was read.
  public var report: CompileReport
  /// Whether it fits.
  public var verdict: Verdict
  /// Bytes by part.
  public var memory: MemoryBreakdown
  /// Time of one step, from the compiler's cycles; nil where the program was not read.
  public var stepSeconds: Seconds?
  /// Where it comes from.
  public var provenance: Provenance
  /// The result of the contract; nil for a program of one's own.
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

/// What came of one question to a compiler.
public struct CompileAnswer: Sendable, Hashable {
  /// Evidence, or why there is none.
  public enum Outcome: Sendable, Hashable {
    /// The compiler has answered.
    case evidence(CompiledEvidence)
    /// It came to no answer, and why.
    case failed(String)
    /// It cannot be asked.
    case refused(ConfigurationError)
  }

  /// Name of the shape, or file of a program of one's own.
  public var title: String
  /// What was asked; nil for a program of one's own.
  public var configuration: Configuration?
  /// What came of it.
  public var outcome: Outcome
  /// Whether the compiler was asked now; false where the store knew.
  public var isNew: Bool

  /// An answer.
  public init(title: String, configuration: Configuration?, outcome: Outcome, isNew: Bool) {
    self.title = title
    self.configuration = configuration
    self.outcome = outcome
    self.isNew = isNew
  }

  /// The evidence; nil where there is none.
  public var evidence: CompiledEvidence? {
    if case .evidence(let evidence) = outcome { evidence } else { nil }
  }

  /// Why there is no evidence; nil where there is.
  public var problem: String? {
    switch outcome {
    case .evidence: nil
    case .failed(let reason): reason
    case .refused(let error): "\(error)"
    }
  }
}
