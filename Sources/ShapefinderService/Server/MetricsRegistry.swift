import CoreMetrics
import Foundation
import Synchronization

/// Metrics of the service and of every library that uses swift-metrics, in the text format of Prometheus.
///
/// Source: Prometheus exposition format 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats.
package final class MetricsRegistry: MetricsFactory, Sendable {
  /// The type of a metric in Prometheus.
  fileprivate enum Kind: String { case counter, gauge, histogram }

  /// One series: a name with labels.
  fileprivate struct Series: Hashable {
    var name: String
    /// `route="check"`, without the braces; empty for none.
    var labels: String
  }

  /// A metric that can write its value.
  fileprivate protocol Metric: AnyObject, Sendable {
    var kind: Kind { get }
    /// Lines of the series, each with its line break.
    func lines(_ series: Series) -> String
  }

  private struct State {
    var metrics: [Series: any Metric] = [:]
    /// The kind of each name; a name has only one.
    var kinds: [String: Kind] = [:]
    var help: [String: String] = [:]
  }

  private let state = Mutex(State())
  private let requests = Mutex<[RequestKind: Tally]>([:])
  private let times = Mutex<[String: Histogram]>([:])

  /// Most series; further ones are not shown, so that unbounded labels do not take unbounded memory.
  private static let most = 10_000

  /// Upper bounds of the buckets for durations, in seconds, and for other numbers.
  fileprivate static let seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  fileprivate static let numbers = [1.0, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

  private static let requestsName = "shapefinder_requests_total", timesName = "shapefinder_request_seconds"
  private static let methods: Set = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"]

  /// A registry.
  package init() {
    state.withLock { state in
      state.help = [
        Self.requestsName: "Requests that were answered.", Self.timesName: "Time to the head of an answer.",
        "shapefinder_waiting_questions": "Answers that are worked at or waited for.",
        "shapefinder_streams": "Streams that are open.",
        "shapefinder_kept_bytes": "Bytes of answers that are kept.",
        "process_resident_memory_bytes": "Resident memory.",
        "process_start_time_seconds": "When the process began, in seconds since 1970.",
      ]
    }
  }

  // MARK: The service's own

  private struct RequestKind: Hashable {
    var route: String
    var method: String
    var status: Int
  }

  /// Counts a request; `route` and `method` are from a small set of known words.
  func count(route: String, method: String, status: Int, seconds: Double) {
    let kind = RequestKind(route: route, method: Self.methods.contains(method) ? method : "other", status: status)
    let tally = requests.withLock { known in
      if let tally = known[kind] { return tally }
      let labels = [("route", kind.route), ("method", kind.method), ("status", "\(kind.status)")]
      let tally = metric(Self.requestsName, labels, .counter) { Tally() } ?? Tally()
      known[kind] = tally
      return tally
    }
    tally.increment(by: Int64(1))
    let histogram = times.withLock { known in
      if let histogram = known[route] { return histogram }
      let histogram =
        metric(Self.timesName, [("route", route)], .histogram) { Histogram(Self.seconds) } ?? Histogram(Self.seconds)
      known[route] = histogram
      return histogram
    }
    histogram.take(seconds)
  }

  /// Sets a gauge.
  func set(_ name: String, _ value: Double) { metric(name, [], .gauge) { Level() }?.set(value) }

  // MARK: For libraries

  package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    metric(Self.name(label, suffix: "_total"), dimensions, .counter) { Tally() } ?? Tally()
  }

  package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    metric(Self.name(label), dimensions, .gauge) { Level() } ?? Level()
  }

  package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    guard aggregate else { return metric(Self.name(label), dimensions, .gauge) { Level() } ?? Level() }
    return metric(Self.name(label), dimensions, .histogram) { Histogram(Self.numbers) } ?? Histogram(Self.numbers)
  }

  package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    metric(Self.name(label, suffix: "_seconds"), dimensions, .histogram) { Histogram(Self.seconds) }
      ?? Histogram(Self.seconds)
  }

  package func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
  package func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
  package func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
  package func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

  private func remove(_ handler: AnyObject) {
    state.withLock { state in state.metrics = state.metrics.filter { $0.value !== handler } }
  }

  /// The metric with a given name and labels, created if needed; nil if there is no room for another.
  private func metric<Found: Metric>(
    _ name: String, _ dimensions: [(String, String)], _ kind: Kind, _ make: () -> Found
  ) -> Found? {
    let labels = Self.labels(dimensions)
    return state.withLock { state in
      // A name that already has another kind gets a suffix.
      let name = state.kinds[name, default: kind] == kind ? name : name + "_" + kind.rawValue
      let series = Series(name: name, labels: labels)
      if let known = state.metrics[series] as? Found { return known }
      guard state.metrics.count < Self.most, state.metrics[series] == nil else { return nil }
      let made = make()
      state.kinds[name] = kind
      state.metrics[series] = made
      return made
    }
  }

  /// `http_client_requests_total` for `http.client.requests`.
  private static func name(_ label: String, suffix: String = "") -> String {
    let plain = word(label, also: ":")
    return plain.hasSuffix(suffix) ? plain : plain + suffix
  }

  private static func word(_ text: String, also: String = "") -> String {
    let letters = text.unicodeScalars.map { scalar in
      ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
        || also.unicodeScalars.contains(scalar) ? Character(scalar) : "_"
    }
    let name = String(letters)
    return name.first.map { $0.isNumber } ?? true ? "_" + name : name
  }

  private static func labels(_ dimensions: [(String, String)]) -> String {
    var seen: Set<String> = []
    return dimensions.compactMap { key, value in
      var key = word(key)
      // These two are reserved by histograms and by Prometheus itself.
      if key == "le" || key.hasPrefix("__") { key = "label" + (key.hasPrefix("_") ? "" : "_") + key }
      guard seen.insert(key).inserted else { return nil }
      let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
      return "\(key)=\"\(escaped)\""
    }.joined(separator: ",")
  }

  // MARK: As text

  /// All metrics as text, ordered by name, then by labels.
  var exposition: String {
    let state = state.withLock { $0 }
    var text = "", last = ""
    for (series, metric) in state.metrics.sorted(by: { ($0.key.name, $0.key.labels) < ($1.key.name, $1.key.labels) }) {
      if series.name != last {
        text += "# HELP \(series.name) \(state.help[series.name] ?? "As a library tells it.")\n"
        text += "# TYPE \(series.name) \(metric.kind.rawValue)\n"
        last = series.name
      }
      text += metric.lines(series)
    }
    return text
  }

  // MARK: Metrics

  fileprivate final class Tally: Metric, CounterHandler {
    private let count = Atomic<Int64>(0)

    var kind: Kind { .counter }
    func increment(by amount: Int64) { count.wrappingAdd(max(0, amount), ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }
    func lines(_ series: Series) -> String { series.line("\(count.load(ordering: .relaxed))") }
  }

  fileprivate final class Level: Metric, MeterHandler, RecorderHandler {
    private let value = Mutex(0.0)

    var kind: Kind { .gauge }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func lines(_ series: Series) -> String { series.line(number(value.withLock { $0 })) }
  }

  fileprivate final class Histogram: Metric, RecorderHandler, TimerHandler {
    private struct Classes {
      var counts: [Int]
      var sum = 0.0
      var count = 0
    }

    private let bounds: [Double]
    private let classes: Mutex<Classes>

    init(_ bounds: [Double]) {
      self.bounds = bounds
      classes = Mutex(Classes(counts: [Int](repeating: 0, count: bounds.count)))
    }

    var kind: Kind { .histogram }
    func record(_ value: Int64) { take(Double(value)) }
    func record(_ value: Double) { take(value) }
    func recordNanoseconds(_ duration: Int64) { take(Double(duration) / 1e9) }

    func take(_ value: Double) {
      guard !value.isNaN else { return }
      let index = bounds.firstIndex { value <= $0 }
      classes.withLock { classes in
        classes.sum += value
        classes.count += 1
        if let index { classes.counts[index] += 1 }
      }
    }

    func lines(_ series: Series) -> String {
      let classes = classes.withLock { $0 }
      var text = "", below = 0
      for (bound, count) in zip(bounds, classes.counts) {
        below += count
        text += series.line("\(below)", suffix: "_bucket", label: "le=\"\(number(bound))\"")
      }
      text += series.line("\(classes.count)", suffix: "_bucket", label: "le=\"+Inf\"")
      return text + series.line(number(classes.sum), suffix: "_sum") + series.line("\(classes.count)", suffix: "_count")
    }
  }
}

extension MetricsRegistry.Series {
  /// A line such as `shapefinder_requests_total{route="check"} 3`.
  fileprivate func line(_ value: String, suffix: String = "", label: String = "") -> String {
    let all = [labels, label].filter { !$0.isEmpty }.joined(separator: ",")
    return name + suffix + (all.isEmpty ? "" : "{\(all)}") + " \(value)\n"
  }
}

/// A number in the format of Prometheus.
private func number(_ value: Double) -> String {
  value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : value.isNaN ? "NaN" : "\(value)"
}
