import Foundation
import Reporting
import Synchronization

extension Route {
  /// Routes for operators of the service and for authors of clients.
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
      work: .told { Answer($0.exposition) }),
    Route(
      name: "openapi", path: "/openapi.json", summary: "This document.",
      work: .told { _ in Answer(OpenAPI.document.json) }),
    Route(
      name: "openapiYAML", path: "/openapi.yaml", summary: "This document, as YAML.", forms: [.yaml],
      work: .told { _ in Answer(OpenAPI.document.yaml) }),
  ]
}

extension ServiceState {
  /// All metrics, including the current state.
  fileprivate var exposition: String {
    metrics.set("shapefinder_waiting_questions", Double(waiting.load(ordering: .relaxed)))
    metrics.set("shapefinder_streams", Double(streams.load(ordering: .relaxed)))
    metrics.set("shapefinder_kept_bytes", Double(kept.bytes))
    metrics.set("process_start_time_seconds", Self.start)
    if let resident = Self.residentBytes { metrics.set("process_resident_memory_bytes", Double(resident)) }
    return metrics.exposition
  }

  /// The start of the service, in seconds since 1970.
  private static let start = Date.now.timeIntervalSince1970

  /// Source: proc_pid_statm(5).
  private static var residentBytes: Int? {
    let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .ascii)
    return text?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * sysconf(Int32(_SC_PAGESIZE)) }
  }

  fileprivate func readiness() throws -> Answer {
    if hasStore {
      // A missing store is not an error: nothing has been stored yet.
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
