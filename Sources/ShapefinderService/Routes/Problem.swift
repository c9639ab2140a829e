import Answers
import Catalog
import EvidenceStore
import HTTPTypes
import Reporting
import VisionTransformer

/// Why a request has no answer, written as `application/problem+json`.
///
/// Source: RFC 9457. `detail` is the command line's message; `key`, `value` and `rule` are its parts.
struct Problem: Error, Sendable {
  var status: HTTPResponse.Status
  var detail: String
  var key: String?
  var value: String?
  var rule: String?
  /// The methods that the address has, if another one was used.
  var allowed: String?
  /// Seconds after which a retry may succeed.
  var retryAfter: Int?

  /// A problem with a message.
  init(_ status: HTTPResponse.Status, _ detail: String) {
    self.status = status
    self.detail = detail
  }

  /// A problem about a value that breaks a rule.
  init(_ status: HTTPResponse.Status, key: String?, value: String?, rule: String) {
    self.init(status, notValid(key, value ?? ConfigurationError.noValue, rule))
    self.key = key
    self.value = value
    self.rule = rule
  }

  /// A problem about a limit on how many of something there may be at a time.
  static func tooMany(_ things: String) -> Problem {
    var problem = Problem(.serviceUnavailable, "too many \(things) at a time; try again in a second")
    problem.retryAfter = 1
    return problem
  }

  /// A problem about a configuration that breaks a rule.
  init(_ error: ConfigurationError) {
    self.init(.unprocessableContent, "\(error)")
    key = error.key.isEmpty ? nil : error.key
    value = error.value == ConfigurationError.noValue ? nil : error.value
    rule = error.rule
  }

  /// The problem for any error that an answer can throw.
  init(_ error: any Error) {
    switch error {
    case let error as Problem: self = error
    case let error as ConfigurationError: self.init(error)
    case let error as AnswerError:
      if let violation = error.violation {
        self.init(violation)
      } else {
        self.init(Self.status(error.kind), Self.keys(error.message ?? "no answer"))
      }
    case let error as CatalogError: self.init(.internalServerError, "\(error)")
    case let error as StoreError: self.init(.serviceUnavailable, "\(error)")
    default: self.init(.internalServerError, "something went wrong; the log says more")
    }
  }

  /// A message with keys instead of options: `mlpWidth` for `--mlp-width`.
  private static func keys(_ sentence: String) -> String {
    sentence.replacing(#/--([a-z]+(?:-[a-z]+)*)/#) { option in
      let parts = option.1.split(separator: "-")
      return parts[0] + parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
  }

  private static func status(_ kind: AnswerError.Kind) -> HTTPResponse.Status {
    switch kind {
    case .invalid, .badData, .nothingFits: .unprocessableContent
    case .missingComponent, .interrupted, .tryAgain: .serviceUnavailable
    case .failure: .internalServerError
    }
  }

  /// The body as JSON.
  var body: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("type")
    writer.string("about:blank")
    writer.key("title")
    writer.string(status.reasonPhrase)
    writer.key("status")
    writer.integer(status.code)
    writer.key("detail")
    writer.string(detail)
    for (name, text) in [("key", key), ("value", value), ("rule", rule)] {
      guard let text else { continue }
      writer.key(name)
      writer.string(text)
    }
    writer.endObject()
    writer.lineBreak()
    return writer.bytes
  }
}
