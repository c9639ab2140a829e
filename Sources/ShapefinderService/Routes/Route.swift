import Answers
import HTTPTypes
import Hummingbird

/// An address of the service: its parameters, its forms and how it is answered. The router and the OpenAPI document are
/// made from it.
struct Route: Sendable {
  /// The name in the document, such as `check`.
  var name: String
  var method: HTTPRequest.Method = .get
  /// The path, without path parameters, because names of shapes contain slashes.
  var path: String
  /// What the route answers, in a sentence.
  var summary: String
  var parameters: [Parameter] = []
  /// The form of the body; nil if the route takes none.
  var body: Body?
  /// The available forms, with the default first.
  var forms: [Form] = [.json]
  /// The status of a successful answer.
  var success = HTTPResponse.Status.ok
  /// Error statuses of this address, apart from those that every address has.
  var problems: [HTTPResponse.Status] = []
  var work: Work

  /// The contents of a body.
  struct Body: Sendable {
    var form: Form
    /// The schema of one of its values, by name in the document.
    var schema: String
    /// The keys of its object, if it is one.
    var keys: [Parameter] = []
  }

  enum Work: Sendable {
    /// Answered immediately.
    case told(@Sendable (ServiceState) throws -> Answer)
    /// Read on a worker thread, again for each request.
    case lookedUp(@Sendable (ServiceState) throws -> Answer)
    /// Calculated on a worker thread, and kept: depends only on the question and the store.
    case calculated(@Sendable (Inquiry) throws -> Answer)
    /// Answered with access to the request itself: changes and streams.
    case handled(@Sendable (Handling) async throws -> Response)
  }
}

/// A request whose answer depends on more than its query.
struct Handling: Sendable {
  var request: Request
  var context: ServiceContext
  var values: Values
  var state: ServiceState
}

/// A checked question with everything that its answer needs.
struct Inquiry: Sendable {
  var values: Values
  var form: Form
  var context: AnswerContext
  var service: ServiceState
}

/// An answer before it is sent.
struct Answer: Sendable {
  var body: [UInt8]
  /// The command that prints the same answer.
  var command: String?
  /// Whether the answer depends on the question and the answers' version alone, and not on the store or on this
  /// machine.
  var isTimeless = false
  /// The address of the next page, if there is one.
  var next: String?

  init(_ body: [UInt8], command: String? = nil) {
    self.body = body
    self.command = command
  }

  init(_ text: String, command: String? = nil) { self.init(Array(text.utf8), command: command) }

  /// The same answer, with `isTimeless` set.
  func timeless(_ isTimeless: Bool) -> Answer {
    var answer = self
    answer.isTimeless = isTimeless
    return answer
  }
}
