/// How far a compile should go.
public enum CompileMode: String, Sendable, Hashable, CaseIterable {
  /// To its end, which answers every question that `memory` would.
  case full
  /// Until its memory was known.
  case memory
}
