import Answers
import HTTPTypes
import Hummingbird

/// An address of the service: what it takes, what it gives, and how. The router and the OpenAPI document are made from it.
struct Route: Sendable {
  /// How it is named in the document, such as `check`.
  var name: String
  var method: HTTPRequest.Method = .get
  /// The path, without parameters: names of shapes have slashes.
  var path: String
  /// What it answers, in a sentence.
  var summary: String
  var parameters: [Parameter] = []
  /// The form of the body; nil where it takes none.
  var body: Body?
  /// The forms it gives, the one that is given unasked first.
  var forms: [Form] = [.json]
  /// The status of an answer.
  var success = HTTPResponse.Status.ok
  /// Statuses beside that and those that every address has.
  var problems: [HTTPResponse.Status] = []
  var work: Work

  /// What a body holds.
  struct Body: Sendable {
    var form: Form
    /// What one of its values is, by its name in the document.
    var schema: String
    /// The keys of its object, where it holds one.
    var keys: [Parameter] = []
  }

  enum Work: Sendable {
    /// Known at once.
    case told(@Sendable (ServiceState) throws -> Answer)
    /// Looked up on a worker, anew each time.
    case lookedUp(@Sendable (ServiceState) throws -> Answer)
    /// Calculated on a worker, and kept: a function of the question and the store.
    case calculated(@Sendable (Inquiry) throws -> Answer)
    /// Answered with the request at hand: what changes something, and streams.
    case handled(@Sendable (Handling) async throws -> Response)
  }
}

/// A request whose answer is made of more than its query.
struct Handling: Sendable {
  var request: Request
  var context: ServiceContext
  var values: Values
  var state: ServiceState
}

/// A question as it arrives at its answer.
struct Inquiry: Sendable {
  var values: Values
  var form: Form
  var context: AnswerContext
  var service: ServiceState
}

/// What an answer is made of.
struct Answer: Sendable {
  var body: [UInt8]
  /// The command that prints the same.
  var command: String?
  /// Whether question and version of the answers alone decide it: nothing that is stored, and nothing of this machine.
  var isTimeless = false
  /// Address of the page after it, where there is one.
  var next: String?

  init(_ body: [UInt8], command: String? = nil) {
    self.body = body
    self.command = command
  }

  init(_ text: String, command: String? = nil) { self.init(Array(text.utf8), command: command) }

  /// The same, which question and version alone decide or not.
  func timeless(_ isTimeless: Bool) -> Answer {
    var answer = self
    answer.isTimeless = isTimeless
    return answer
  }
}
