import Synchronization

/// Counters and durations of requests, written as Prometheus reads them.
///
/// Source: Prometheus exposition format 0.0.4.
final class MetricsRegistry: Sendable {
  private struct Series: Hashable {
    var route: String
    var method: String
    var status: Int
  }

  private struct Durations {
    var counts = [Int](repeating: 0, count: bounds.count)
    var sum = 0.0
    var count = 0
  }

  private struct State {
    var requests: [Series: Int] = [:]
    var durations: [String: Durations] = [:]
  }

  /// Upper ends of the classes of durations, in seconds.
  static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  private static let methods: Set = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"]

  private let state = Mutex(State())

  /// Takes in a request; `route` and `method` are of a few known words.
  func count(route: String, method: String, status: Int, seconds: Double) {
    let series = Series(route: route, method: Self.methods.contains(method) ? method : "other", status: status)
    state.withLock { state in
      state.requests[series, default: 0] += 1
      var durations = state.durations[route] ?? Durations()
      durations.sum += seconds
      durations.count += 1
      if let index = Self.bounds.firstIndex(where: { seconds <= $0 }) { durations.counts[index] += 1 }
      state.durations[route] = durations
    }
  }

  /// Everything, as text.
  var exposition: String {
    let state = state.withLock { $0 }
    var text =
      "# HELP shapefinder_requests_total Requests that were answered.\n# TYPE shapefinder_requests_total counter\n"
    for (series, count) in state.requests.sorted(by: {
      ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status)
    }) {
      text +=
        "shapefinder_requests_total{route=\"\(series.route)\",method=\"\(series.method)\",status=\"\(series.status)\"} \(count)\n"
    }
    text +=
      "# HELP shapefinder_request_seconds Time to the head of an answer.\n# TYPE shapefinder_request_seconds histogram\n"
    for (route, durations) in state.durations.sorted(by: { $0.key < $1.key }) {
      var below = 0
      for (bound, count) in zip(Self.bounds, durations.counts) {
        below += count
        text += "shapefinder_request_seconds_bucket{route=\"\(route)\",le=\"\(bound)\"} \(below)\n"
      }
      text += "shapefinder_request_seconds_bucket{route=\"\(route)\",le=\"+Inf\"} \(durations.count)\n"
      text += "shapefinder_request_seconds_sum{route=\"\(route)\"} \(durations.sum)\n"
      text += "shapefinder_request_seconds_count{route=\"\(route)\"} \(durations.count)\n"
    }
    return text
  }
}
