import Reporting

extension Route {
  /// For whoever runs the service, and for whoever writes a client.
  static let operations: [Route] = [
    Route(
      name: "health", path: "/health", summary: "Whether the process is alive.", forms: [.text],
      work: .told { _ in Answer("alive\n") }),
    Route(
      name: "ready", path: "/ready",
      summary: "Whether questions are answered, and the store can be read and take in more, where there is one.",
      problems: [.serviceUnavailable], work: .lookedUp { try $0.readiness() }),
    Route(
      name: "metrics", path: "/metrics", summary: "Counters and durations, for Prometheus.", forms: [.prometheus],
      work: .told { Answer($0.metrics.exposition) }),
    Route(
      name: "openapi", path: "/openapi.json", summary: "This document.",
      work: .told { _ in Answer(OpenAPI.document.json) }),
    Route(
      name: "openapiYAML", path: "/openapi.yaml", summary: "This document, as YAML.", forms: [.yaml],
      work: .told { _ in Answer(OpenAPI.document.yaml) }),
  ]
}

extension ServiceState {
  fileprivate func readiness() throws -> Answer {
    if hasStore {
      // A store that is missing is no fault: nothing was stored yet.
      _ = try glance { try $0.runs().count }
      try configuration.checkRoom()
    }
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("ready")
    writer.boolean(true)
    writer.key("store")
    writer.value(.optional(configuration.storePath))
    writer.endObject()
    writer.lineBreak()
    return Answer(writer.bytes)
  }
}
