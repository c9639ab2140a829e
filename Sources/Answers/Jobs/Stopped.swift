/// Thrown when an answer is stopped between two rows.
package struct Stopped: Error {
  /// `12,345 of 356,400 configurations`.
  package var progress: String

  /// Stopped at that point.
  package init(progress: String) { self.progress = progress }

  /// The error that says what was kept; nil if nothing was stored.
  package func interrupted(kept: String?) -> AnswerError {
    AnswerError(
      .interrupted,
      "interrupted: after \(progress); "
        + (kept.map { "\($0); the same command again stores the rest, and nothing twice" } ?? "nothing was stored"))
  }
}
