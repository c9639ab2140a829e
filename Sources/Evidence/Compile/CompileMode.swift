/// How far a compile was to go.
public enum CompileMode: String, Sendable, Hashable, CaseIterable {
  /// To its end, which answers everything that less would have.
  case full
  /// Until its memory was known.
  case memory
}
