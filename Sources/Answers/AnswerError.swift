import VisionTransformer

/// Why a question has no answer, or what its answer means as a whole.
///
/// It knows neither exit codes nor HTTP: each front end converts the kind to one of these.
package struct AnswerError: Error, Sendable, CustomStringConvertible {
  /// The kind of an error.
  package enum Kind: Sendable, Hashable {
    /// The question breaks a rule.
    case invalid
    /// The input, a file or a line, breaks a rule or is missing.
    case badData
    /// A component must be installed first.
    case missingComponent
    /// The answer was given, and nothing fits.
    case nothingFits
    /// It was interrupted; the message says what is kept.
    case interrupted
    /// The machine failed, not the question: a disk that is full or gone, a worker that the system killed. The same
    /// again may succeed.
    case tryAgain
    /// Any other failure.
    case failure
  }

  /// The kind.
  package var kind: Kind
  /// What was given, what was expected, and what to do; nil if nothing remains to be said.
  package var message: String?
  /// Key, value and rule, if a configuration breaks one.
  package var violation: ConfigurationError?

  /// An error.
  package init(_ kind: Kind, _ message: String?) {
    self.kind = kind
    self.message = message
  }

  /// An error about a configuration that breaks a rule.
  package init(_ violation: ConfigurationError) {
    self.init(.invalid, "\(violation)")
    self.violation = violation
  }

  /// The answer was given, and nothing fits.
  package static let nothingFits = AnswerError(.nothingFits, nil)

  package var description: String { message ?? "\(kind)" }
}
