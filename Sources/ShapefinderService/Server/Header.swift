import HTTPTypes

/// A header field that the library does not define.
///
/// Names are checked once, not for each request.
struct Header: Sendable {
  /// The command line that prints the same answer.
  static let command = Header("Shapefinder-Command")
  /// Remarks that the command line would print with the answer.
  static let remark = Header("Shapefinder-Remark")
  /// How much of the page's address other hosts are told.
  static let referrerPolicy = Header("Referrer-Policy")
  /// Identifies a request.
  static let requestID = Header("X-Request-ID")
  /// Address of the next page.
  static let link = Header("Link")
  /// Number of the last event that a client received.
  static let lastEventID = Header("Last-Event-ID")

  fileprivate let name: HTTPField.Name?

  private init(_ name: String) { self.name = HTTPField.Name(name) }
}

extension HTTPFields {
  /// Adds a field that is not there yet.
  mutating func add(_ header: Header, _ value: String) {
    if let name = header.name { append(HTTPField(name: name, value: value)) }
  }

  /// The value of a field.
  subscript(header: Header) -> String? { header.name.flatMap { self[$0] } }
}
