import HTTPTypes

extension Route {
  /// Every address of the service, in the order of the document.
  static let all: [Route] = answers + selection + catalog + stored + sweeps + operations
}

extension [Route] {
  /// By path, then by method.
  var byPath: [String: [HTTPRequest.Method: Route]] {
    reduce(into: [:]) { $0[$1.path, default: [:]][$1.method] = $1 }
  }
}
