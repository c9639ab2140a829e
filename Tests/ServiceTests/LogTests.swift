import Foundation
import Logging
import Synchronization
import Testing

@testable import ShapefinderService

/// Every request is one line of the log, without secrets.
@Suite struct LogTests {
  private static let token = "0123456789abcdef-secret"

  @Test func `a request is a line of JSON with what an operator asks for`() throws {
    let service = try ServiceProcess("--no-store", "--log-level", "info", "--log-format", "json", keepsErrors: true)
    let check = try ask(service.port, "/v1/check?shape=ViT-B/16&batch=8", ["X-Request-ID": "from.a-proxy_1"])
    #expect(check.headers["x-request-id"] == "from.a-proxy_1")
    let made = try #require(try ask(service.port, "/v1/check?shape=unheard-of").headers["x-request-id"])
    #expect(made.wholeMatch(of: /[0-9a-f]{16}/) != nil)
    let stream = try ask(
      service.port, "/v1/checks", method: "POST", ["Content-Type": "application/x-ndjson"],
      body: #"{"shape": "ViT-B/16"}"# + "\n")
    _ = try ask(service.port, "/nowhere/at-all")
    _ = try ask(service.port, "/", method: "HEAD")
    #expect(service.end() == 0)
    let lines = try service.log.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
    }
    // A stream is logged when it ends, possibly after later requests.
    let all = lines.filter { $0["message"] as? String == "answered" }
    let answered =
      [0, 1].map { all[$0] } + all.filter { $0["route"] as? String == "/v1/checks" }
      + all.dropFirst(2).filter { $0["route"] as? String != "/v1/checks" }
    #expect(answered.map { $0["route"] as? String } == ["/v1/check", "/v1/check", "/v1/checks", "none", "page"])
    #expect(answered.map { $0["status"] as? Int } == [200, 422, 200, 404, 200])
    #expect(answered.map { $0["method"] as? String } == ["GET", "GET", "POST", "GET", "HEAD"])
    #expect(answered[0]["request"] as? String == "from.a-proxy_1" && answered[1]["request"] as? String == made)
    #expect(answered[0]["bytes"] as? Int == check.body.count && answered[2]["bytes"] as? Int == stream.body.count)
    #expect(answered[4]["bytes"] as? Int == 0)
    #expect(answered.allSatisfy { ($0["milliseconds"] as? Double).map { (0..<60_000).contains($0) } == true })
    #expect(answered.allSatisfy { $0["level"] as? String == "info" && ($0["time"] as? String)?.hasSuffix("Z") == true })
    // Queries and unknown addresses are not logged, because clients choose them.
    #expect(!service.log.contains("unheard-of") && !service.log.contains("at-all"))
  }

  @Test func `a name for a request that is not sane is replaced`() {
    let token = AccessToken(Self.token)
    for wrong in ["", " ", "a b", "a\nb", "\u{1B}[31m", "ä", "a\"b", String(repeating: "a", count: 129), Self.token] {
      let made = RequestLine.id(wrong, token)
      #expect(made != wrong && made.wholeMatch(of: /[0-9a-f]{16}/) != nil, "\(wrong)")
    }
    #expect(RequestLine.id(nil, nil) != RequestLine.id(nil, nil))
    for right in ["a", "6F9619FF-8B86-D011-B42D-00CF4FC964FF", String(repeating: "a", count: 128)] {
      #expect(RequestLine.id(right, token) == right)
    }
  }

  @Test func `a token is in no log, at whatever level and wherever a client puts it`() throws {
    let place = try Place()
    for format in ["text", "json"] {
      let service = try ServiceProcess(
        "--store", place.path, "--log-level", "trace", "--log-format", format,
        environment: ["SHAPEFINDER_TOKEN": Self.token], keepsErrors: true)
      for (target, headers) in [
        ("/v1/sweeps", ["Authorization": "Bearer \(Self.token)"]),
        ("/v1/sweeps?token=\(Self.token)", ["X-Request-ID": Self.token]),
        ("/\(Self.token)", ["Cookie": Self.token, "X-Request-ID": "x-\(Self.token)"]),
      ] {
        for method in ["GET", "POST", "DELETE", Self.token] {
          let reply = try ask(service.port, target, method: method, headers, body: "{}")
          #expect(reply.headers["x-request-id"] != Self.token)
        }
      }
      let wire = try Wire(port: service.port)
      try wire.send("\(Self.token)\r\n\r\n")
      _ = try? wire.head()
      #expect(service.end() == 0)
      #expect(service.log.contains("answered"))
      #expect(!service.log.contains(Self.token), "\(service.log)")
    }
  }

  @Test func `a line is one line, whatever stands in it`() throws {
    let lines = Mutex<[String]>([])
    for format in LineLog.Format.allCases {
      var logger = Logger(label: "test") { label in
        LineLog(label: label, format, level: .debug, token: AccessToken(Self.token)) { bytes in
          lines.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
        }
      }
      logger[metadataKey: "own"] = "kept"
      logger.trace("not this")
      logger.error(
        "several\nlines", metadata: ["b": "x y\n\u{1B}[0m", "a": ["1", "\(Self.token)"], "n": .stringConvertible(1.5)])
    }
    let text = lines.withLock { $0 }
    #expect(text.count == 2 && text.allSatisfy { $0.hasSuffix("\n") && $0.dropLast().allSatisfy { !$0.isNewline } })
    #expect(
      text[0].hasSuffix(
        #"error test "several\nlines" a="[\"1\", \"[token]\"]" b="x y\n\u001b[0m" n=1.5 own=kept"# + "\n"))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text[1].utf8)) as? [String: Any])
    #expect(object["message"] as? String == "several\nlines" && object["n"] as? Double == 1.5)
    #expect(object["a"] as? [String] == ["1", "[token]"])
  }
}
