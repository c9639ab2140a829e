import Answers
import Catalog
import EvidenceStore
import HTTPTypes
import Reporting
import VisionTransformer

/// Why a request has no answer, as `application/problem+json` says it.
///
/// Source: RFC 9457. `detail` is the sentence of the command line; `key`, `value` and `rule` are its parts.
struct Problem: Error, Sendable {
  var status: HTTPResponse.Status
  var detail: String
  var key: String?
  var value: String?
  var rule: String?
  /// Methods that the address has, where another was asked for.
  var allowed: String?
  /// After how many seconds it is worth another try.
  var retryAfter: Int?

  /// A problem in a sentence.
  init(_ status: HTTPResponse.Status, _ detail: String) {
    self.status = status
    self.detail = detail
  }

  /// A rule that a value breaks.
  init(_ status: HTTPResponse.Status, key: String?, value: String?, rule: String) {
    self.init(status, notValid(key, value ?? ConfigurationError.noValue, rule))
    self.key = key
    self.value = value
    self.rule = rule
  }

  /// More of something at a time than there is room for.
  static func tooMany(_ things: String) -> Problem {
    var problem = Problem(.serviceUnavailable, "too many \(things) at a time; try again in a second")
    problem.retryAfter = 1
    return problem
  }

  /// A configuration that breaks a rule.
  init(_ error: ConfigurationError) {
    self.init(.unprocessableContent, "\(error)")
    key = error.key.isEmpty ? nil : error.key
    value = error.value == ConfigurationError.noValue ? nil : error.value
    rule = error.rule
  }

  /// Whatever an answer threw.
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

  /// A sentence with keys in the place of options: `mlpWidth` for `--mlp-width`.
  private static func keys(_ sentence: String) -> String {
    sentence.replacing(#/--([a-z]+(?:-[a-z]+)*)/#) { option in
      let parts = option.1.split(separator: "-")
      return parts[0] + parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
  }

  private static func status(_ kind: AnswerError.Kind) -> HTTPResponse.Status {
    switch kind {
    case .invalid, .badData, .nothingFits: .unprocessableContent
    case .missingComponent, .interrupted: .serviceUnavailable
    case .failure: .internalServerError
    }
  }

  /// The JSON.
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
