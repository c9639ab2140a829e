import VisionTransformer

/// A trial that has ended, as it is stored.
public struct TrialRecord: Sendable, Hashable {
  /// What came of it.
  public enum Outcome: Sendable, Hashable {
    /// Evidence: its steps ran, or the verdict is that it does not fit.
    case evidence(StepResult, details: [EvidenceDetail] = [])
    /// No answer: `reason` in one word, and in full.
    case failed(reason: String, explanation: String)
  }

  /// What was measured.
  public var configuration: Configuration
  /// Where the answer comes from, or would have come from; its notes are those of the evidence.
  public var provenance: Provenance
  /// What came of it.
  public var outcome: Outcome
  /// When it ended, ISO 8601.
  public var time: String
  /// What the worker was asked, a JSON object.
  public var request: String

  /// A trial.
  public init(
    configuration: Configuration, provenance: Provenance, outcome: Outcome, time: String, request: String
  ) {
    self.configuration = configuration
    self.provenance = provenance
    self.outcome = outcome
    self.time = time
    self.request = request
  }
}
