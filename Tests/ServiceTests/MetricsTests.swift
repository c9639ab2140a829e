import CoreMetrics
import Foundation
import Testing

@testable import ShapefinderService

/// Checks the metrics against the rules of Prometheus's exposition format, and with `promtool` if it is installed.
@Suite struct MetricsTests {
  /// The contents of a scrape, parsed strictly.
  private struct Scrape {
    var types: [String: String] = [:]
    var samples: [(name: String, labels: [String: String], value: Double)] = []

    init(_ text: String) throws {
      #expect(text.hasSuffix("\n"))
      var helped: Set<String> = [], family = ""
      for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
        if let match = line.wholeMatch(of: /# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)/) {
          #expect(helped.insert(String(match.1)).inserted, "\(line)")
          continue
        }
        if let match = line.wholeMatch(of: /# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)/) {
          family = String(match.1)
          // One block for each family, starting with its help text.
          #expect(helped.contains(family) && types[family] == nil, "\(line)")
          types[family] = String(match.2)
          continue
        }
        let match = try #require(
          line.wholeMatch(
            of: /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)/),
          "\(line)")
        let name = String(match.1)
        let ends = types[family] == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        #expect(ends.contains { name == family + $0 }, "\(line)")
        #expect(types[family] != "counter" || name.hasSuffix("_total"))
        var labels: [String: String] = [:]
        for pair in (match.2 ?? "").matches(of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/) {
          #expect(labels.updateValue(String(pair.2), forKey: String(pair.1)) == nil, "\(line)")
        }
        let value = match.3 == "+Inf" ? .infinity : try #require(Double(match.3), "\(line)")
        #expect(!samples.contains { $0.name == name && $0.labels == labels }, "\(line)")
        samples.append((name, labels, value))
      }
      checkHistograms()
    }

    /// Checks that bucket counts do not decrease, and that the last one is the total.
    private func checkHistograms() {
      for (family, type) in types where type == "histogram" {
        let buckets = Dictionary(
          grouping: samples.filter { $0.name == family + "_bucket" }, by: { $0.labels.filter { $0.key != "le" } })
        #expect(!buckets.isEmpty)
        for (labels, classes) in buckets {
          #expect(classes.map(\.value) == classes.map(\.value).sorted() && classes.last?.labels["le"] == "+Inf")
          let bounds = classes.dropLast().compactMap { $0.labels["le"].flatMap { Double($0) } }
          #expect(bounds == bounds.sorted() && bounds.count == classes.count - 1)
          #expect(value(family + "_count", labels) == classes.last?.value)
          #expect(value(family + "_sum", labels) != nil)
        }
      }
    }

    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
      samples.first { $0.name == name && $0.labels == labels }?.value
    }
  }

  /// The output of `promtool` for a scrape; nil if it is not installed.
  private static func promtool(_ text: String) throws -> String? {
    guard !(try Shell.run("command -v promtool")).isEmpty else { return nil }
    return try Shell.run("promtool check metrics 2>&1", input: text)
  }

  @Test func `what libraries count shows up, whatever they call it`() throws {
    let registry = MetricsRegistry()
    let counter = Counter(label: "http.client.requests", dimensions: [("host", "a\"b\\c\nd")], factory: registry)
    counter.increment(by: 3)
    Counter(label: "http.client.requests", dimensions: [("host", "other")], factory: registry).increment()
    Gauge(label: "pool/size", factory: registry).record(4)
    let meter = Meter(label: "9lives", factory: registry)
    meter.set(9.5)
    meter.decrement()
    let timer = Timer(label: "query", dimensions: [("le", "x"), ("__name", "y"), ("le", "z")], factory: registry)
    for milliseconds in [1, 20, 300, 40_000] { timer.recordMilliseconds(milliseconds) }
    let recorder = Recorder(label: "rows", factory: registry)
    for rows in [1, 5, 5000] { recorder.record(rows) }
    recorder.record(Double.nan)
    FloatingPointCounter(label: "joules", factory: registry).increment(by: 2.5)
    // The same name for two kinds of metric.
    Meter(label: "rows", factory: registry).set(7)
    registry.count(route: "check", method: "BREW", status: 405, seconds: 0.002)
    let scrape = try Scrape(registry.exposition)
    #expect(scrape.value("http_client_requests_total", ["host": #"a\"b\\c\nd"#]) == 3)
    #expect(scrape.value("http_client_requests_total", ["host": "other"]) == 1)
    #expect(scrape.value("pool_size") == 4 && scrape.value("_9lives") == 8.5 && scrape.value("rows_gauge") == 7)
    #expect(scrape.value("query_seconds_count", ["label_le": "x", "label__name": "y"]) == 4)
    #expect(scrape.value("query_seconds_sum", ["label_le": "x", "label__name": "y"]) == 40.321)
    #expect(scrape.value("rows_count") == 3 && scrape.value("rows_bucket", ["le": "10.0"]) == 2)
    #expect(scrape.value("joules_total") == 2)
    #expect(
      scrape.value("shapefinder_requests_total", ["route": "check", "method": "other", "status": "405"]) == 1)
    counter.destroy()
    #expect(try Scrape(registry.exposition).samples.count { $0.name == "http_client_requests_total" } == 1)
    // A metric that is made twice is the same one.
    let again = Counter(label: "http.client.requests", dimensions: [("host", "other")], factory: registry)
    again.increment(by: 5)
    again.increment(by: -5)
    #expect(try Scrape(registry.exposition).value("http_client_requests_total", ["host": "other"]) == 6)
    again.reset()
    #expect(try Scrape(registry.exposition).value("http_client_requests_total", ["host": "other"]) == 0)
  }

  @Test func `labels without end take no memory without end`() throws {
    let registry = MetricsRegistry()
    for number in 0..<20_000 {
      Counter(label: "endless", dimensions: [("number", "\(number)")], factory: registry).increment()
    }
    let count = registry.exposition.split(separator: "\n").count
    #expect(count > 9000 && count <= 10_003)
    registry.count(route: "check", method: "GET", status: 200, seconds: 1)
  }

  @Test func `the service's own scrape keeps the rules`() async throws {
    let text = try await withService { port in
      for target in ["/v1/check?shape=ViT-B/16", "/v1/check?shape=no", "/", "/nowhere", "/health", "/metrics"] {
        _ = try ask(port, target)
      }
      return try ask(port, "/metrics").text
    }
    let scrape = try Scrape(text)
    #expect(scrape.value("shapefinder_requests_total", ["route": "check", "method": "GET", "status": "422"]) == 1)
    #expect(scrape.value("shapefinder_request_seconds_count", ["route": "metrics"]) == 1)
    #expect(scrape.value("process_resident_memory_bytes") ?? 0 > 1e6)
    #expect(scrape.value("shapefinder_streams") == 0)
    if let said = try Self.promtool(text) { #expect(said.isEmpty, "\(said)") }
  }

  @Test func `the program hands the registry to every library`() throws {
    let service = try ServiceProcess("--no-store")
    _ = try ask(service.port, "/health")
    let scrape = try Scrape(ask(service.port, "/metrics").text)
    #expect(scrape.value("shapefinder_requests_total", ["route": "health", "method": "GET", "status": "200"]) == 1)
    if let said = try Self.promtool(ask(service.port, "/metrics").text) { #expect(said.isEmpty, "\(said)") }
  }
}
