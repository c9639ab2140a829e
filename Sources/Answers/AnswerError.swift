import VisionTransformer

/// Why a question has no answer, or what its answer means as a whole.
///
/// It knows neither exit codes nor HTTP: a front end turns its kind into one of them, at the edge.
package struct AnswerError: Error, Sendable, CustomStringConvertible {
  /// What kind of end it is.
  package enum Kind: Sendable, Hashable {
    /// The question breaks a rule.
    case invalid
    /// What was read, a file or a line, breaks a rule or is not there.
    case badData
    /// Something has to be installed first.
    case missingComponent
    /// The answer has been given: nothing fits.
    case nothingFits
    /// It was told to stop; the message says what is kept.
    case interrupted
    /// Something went wrong.
    case failure
  }

  /// The kind.
  package var kind: Kind
  /// What was given, what was expected, what to do; nil where everything has been said.
  package var message: String?
  /// Key, value and rule, where a configuration breaks one.
  package var violation: ConfigurationError?

  /// An error.
  package init(_ kind: Kind, _ message: String?) {
    self.kind = kind
    self.message = message
  }

  /// A question with a configuration that breaks a rule.
  package init(_ violation: ConfigurationError) {
    self.init(.invalid, "\(violation)")
    self.violation = violation
  }

  /// The answer has been given, and it is that nothing fits.
  package static let nothingFits = AnswerError(.nothingFits, nil)

  package var description: String { message ?? "\(kind)" }
}
