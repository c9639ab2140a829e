import Foundation
import Testing

/// Hostile or slow clients are refused within limits, and the service stays alive.
@Suite struct HostileClientTests {
  @Test func `requests that two servers would read differently are refused`() async throws {
    try await withService({ $0.limits.idleSeconds = 1 }) { port in
      for text in [
        "POST /v1/checks HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /health HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /v1/checks HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
        "GET /health HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", "GET /health HTTP/1.1\r\nHost: a\r\nX\u{0}: y\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\r\n\r\n", "GET /health HTTP/9.9\r\n\r\n",
      ] {
        let wire = try Wire(port: port)
        try wire.send(text)
        var statuses: [Int] = []
        while let reply = try wire.head() {
          statuses.append(reply.status)
          if statuses.count == 2 || reply.status == 400 { break }
          _ = try wire.take(Int(reply.headers["content-length"] ?? "0") ?? 0)
        }
        #expect(!statuses.contains(200), "\(text): \(statuses)")
        #expect(try ask(port, "/health").status == 200)
      }
    }
  }

  @Test func `headers, bodies and numbers beyond all measure`() async throws {
    try await withService { port in
      let wire = try Wire(port: port)
      try? wire.send("GET /health HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 1 << 20) + "\r\n\r\n")
      let reply = try? wire.head()
      #expect(reply == nil || reply?.status == 400)
      #expect(try ask(port, "/health").status == 200)
      let deep = String(repeating: "[", count: 200_000)
      for body in [
        deep, #"{"shape":"# + deep, String(repeating: #"{"a":"#, count: 50_000), String(repeating: "9", count: 300_000),
        "\u{0}\u{1}\u{7f}", #"{"shape": {"width": 1e999}}"#,
      ] {
        let answer = try ask(
          port, "/v1/checks", method: "POST", ["Content-Type": "application/x-ndjson"], body: body + "\n")
        #expect(answer.status == 200)
        #expect(answer.text.contains("\"error\""), "\(answer.text.prefix(200))")
      }
      #expect(try ask(port, "/v1/select?grid=large&depth=8&minParameters=1e300&maxFlopsPerImage=1e-300").status == 200)
      #expect(try ask(port, "/health").status == 200)
    }
  }

  @Test func `a client that is silent is left, and one that goes away takes its question along`() async throws {
    try await withService({ $0.limits.idleSeconds = 1 }) { port in
      let silent = try Wire(port: port)
      try silent.send("GET /health HTT")
      #expect(try silent.head() == nil)
      // Thirty clients request all of Figure 8 and disconnect; their answers would take half a minute.
      for _ in 0..<30 {
        let wire = try Wire(port: port)
        try wire.send("GET /v1/map?grid=figure8&batch=\(Int.random(in: 1...1000)) HTTP/1.1\r\nHost: a\r\n\r\n")
      }
      let start = ContinuousClock.now
      #expect(try ask(port, "/v1/check?shape=ViT-B/16").status == 200)
      #expect(ContinuousClock.now - start < .seconds(15))
    }
  }

  @Test func `an answer that takes too long, and more questions than there is room for`() async throws {
    try await withService({ $0.limits.seconds = 0 }) { port in
      let reply = try ask(port, "/v1/map?grid=figure8")
      #expect(reply.status == 503)
      #expect(reply.text.contains("more than 0 seconds"))
    }
    try await withService({ $0.limits.waiting = 0 }) { port in
      let reply = try ask(port, "/v1/check?shape=ViT-B/16")
      #expect(reply.status == 503)
      #expect(reply.headers["retry-after"] == "1")
    }
  }
}
