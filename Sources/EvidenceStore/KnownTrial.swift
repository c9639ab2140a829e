import VisionTransformer

/// What a store knows about a configuration from one provenance.
public enum KnownTrial: Sendable, Hashable {
  /// Evidence: its newest revision.
  case evidence(StoredResult)
  /// No evidence: the last trial that came to no answer.
  case failed(reason: String, explanation: String)
}
