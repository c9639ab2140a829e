import HTTPTypes
import Hummingbird

/// Lets pages of other origins read answers; only configured origins may.
///
/// It permits nothing that changes the store: that requires the token, or a request from the service's own page
/// (`Access`).
///
/// Source: Fetch Standard, section 3.3 (CORS protocol).
struct CrossOrigin: Sendable {
  /// Origins such as `https://notebooks.example.org`; `*` for all.
  let origins: Set<String>

  private static let requested = HTTPField.Name("Access-Control-Request-Method")
  private static let headers = "Authorization, Content-Type, Accept, If-None-Match, Last-Event-ID, X-Request-ID"
  private static let exposed = "ETag, Link, Location, Shapefinder-Command, Shapefinder-Remark, X-Request-ID"

  /// The origin that is allowed; nil for requests of the same origin and of origins that are not configured.
  private func origin(of request: Request) -> String? {
    guard let origin = request.headers[.origin] else { return nil }
    return origins.contains("*") ? "*" : origins.contains(origin) ? origin : nil
  }

  /// The answer to a browser's preflight request; nil for every other request.
  func preflight(_ request: Request, methods: some Sequence<HTTPRequest.Method>) -> Response? {
    guard request.method == .options, origin(of: request) != nil, let name = Self.requested,
      request.headers[name] != nil
    else { return nil }
    var response = Response(status: .noContent)
    response.headers[.accessControlAllowMethods] = methods.map(\.rawValue).sorted().joined(separator: ", ")
    response.headers[.accessControlAllowHeaders] = Self.headers
    response.headers[.accessControlMaxAge] = "600"
    return response
  }

  /// Adds the headers that say who may read an answer.
  func mark(_ response: inout Response, of request: Request) {
    guard !origins.isEmpty else { return }
    response.headers[.vary] = [response.headers[.vary], "Origin"].compactMap(\.self).joined(separator: ", ")
    guard let origin = origin(of: request) else { return }
    response.headers[.accessControlAllowOrigin] = origin
    response.headers[.accessControlExposeHeaders] = Self.exposed
  }

  /// Whether a text is an origin as browsers send it (a scheme and a host, perhaps a port, and nothing after it) or
  /// `*`.
  static func isOrigin(_ text: String) -> Bool {
    text == "*" || text.wholeMatch(of: /https?:\/\/[a-z0-9.\-\[\]:]+/) != nil
  }
}
