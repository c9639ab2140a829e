import HTTPTypes

/// Names of headers that the library does not have.
enum Header: String {
  /// The command line that prints the same answer.
  case command = "Shapefinder-Command"
  /// What the command line would say beside it.
  case remark = "Shapefinder-Remark"
  /// What other hosts learn of the page's address.
  case referrerPolicy = "Referrer-Policy"
  /// What tells a request from others.
  case requestID = "X-Request-ID"
  /// Address of the next page.
  case link = "Link"
  /// Number of the last event that a client has.
  case lastEventID = "Last-Event-ID"
}

extension HTTPFields {
  /// Adds a field.
  mutating func add(_ header: Header, _ value: String) {
    if let name = HTTPField.Name(header.rawValue) { self[name] = value }
  }

  /// The value of a field.
  subscript(header: Header) -> String? { HTTPField.Name(header.rawValue).flatMap { self[$0] } }
}
