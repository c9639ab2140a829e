import VisionTransformer

/// What a store knows of a configuration from one provenance.
public enum KnownTrial: Sendable, Hashable {
  /// Evidence, the newest revision of it.
  case evidence(StoredResult)
  /// No evidence, but a trial that came to no answer: the last of them.
  case failed(reason: String, explanation: String)
}
