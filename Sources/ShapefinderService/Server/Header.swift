import HTTPTypes

/// Names of header fields that the library does not define.
enum Header: String {
  /// The command line that prints the same answer.
  case command = "Shapefinder-Command"
  /// Remarks that the command line would print with the answer.
  case remark = "Shapefinder-Remark"
  /// How much of the page's address other hosts are told.
  case referrerPolicy = "Referrer-Policy"
  /// Identifies a request.
  case requestID = "X-Request-ID"
  /// Address of the next page.
  case link = "Link"
  /// Number of the last event that a client received.
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
