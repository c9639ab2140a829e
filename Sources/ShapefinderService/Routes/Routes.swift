import HTTPTypes

extension Route {
  /// Every route of the service, in the order of the document.
  static let all: [Route] = answers + selection + catalog + stored + sweeps + operations
}

extension [Route] {
  /// The routes by path, then by method.
  var byPath: [String: [HTTPRequest.Method: Route]] {
    reduce(into: [:]) { $0[$1.path, default: [:]][$1.method] = $1 }
  }
}
