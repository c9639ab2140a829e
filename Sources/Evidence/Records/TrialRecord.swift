import VisionTransformer

/// A finished trial, as it is stored.
public struct TrialRecord: Sendable, Hashable {
  /// The outcome of a trial.
  public enum Outcome: Sendable, Hashable {
    /// Evidence: its steps ran, or it does not fit.
    case evidence(StepResult, details: [EvidenceDetail] = [])
    /// No answer, with `reason` as one word and `explanation` in full.
    case failed(reason: String, explanation: String)
  }

  /// The configuration that was measured.
  public var configuration: Configuration
  /// The origin of the answer, or of the failed attempt; its notes are those of the evidence.
  public var provenance: Provenance
  /// The outcome.
  public var outcome: Outcome
  /// When it ended, ISO 8601.
  public var time: String
  /// The request to the worker, as a JSON object.
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
