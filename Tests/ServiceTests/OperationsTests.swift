import EvidenceStore
import Foundation
import Synchronization
import Testing
import VisionTransformer

@testable import ShapefinderService

/// Addresses and limits for operators of the service.
@Suite struct OperationsTests {
  @Test func `health, readiness, metrics`() async throws {
    try await withService { port in
      #expect(try ask(port, "/health").text == "alive\n")
      #expect(try ask(port, "/ready").object()["ready"] as? Bool == true)
      _ = try ask(port, "/v1/check?shape=ViT-B/16")
      _ = try ask(port, "/v1/check?shape=ViT-X/16")
      let metrics = try ask(port, "/metrics").text
      #expect(metrics.contains(#"shapefinder_requests_total{route="check",method="GET",status="200"} 1"#))
      #expect(metrics.contains(#"shapefinder_requests_total{route="check",method="GET",status="422"} 1"#))
      #expect(metrics.contains(#"shapefinder_request_seconds_count{route="check"} 2"#))
    }
  }

  @Test func `a store that is none turns readiness red`() async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).sqlite").path(
      percentEncoded: false)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await withService({ $0.storePath = path }) { port in
      #expect(try ask(port, "/ready").status == 200)
      try Data("no database, but long enough to be one by its size".utf8).write(to: URL(filePath: path))
      #expect(try ask(port, "/ready").status == 503)
    }
  }

  @Test func `a store that cannot take in more turns readiness red`() async throws {
    let place = try Place(), other = try Place()
    _ = try EvidenceStore.open(path: place.path, mode: .create)
    let left = Mutex(Bytes(1 << 30))
    try await withService(
      {
        $0.storePath = place.path
        $0.storeWords = ["--store", place.path]
        $0.freeSpace = { _ in left.withLock { $0 } }
      },
      { port in
        func problem() throws -> String {
          let reply = try ask(port, "/ready")
          #expect(reply.status == 503 && reply.headers["content-type"] == "application/problem+json")
          return try reply.object()["detail"] as? String ?? ""
        }
        #expect(try ask(port, "/ready").status == 200)
        left.withLock { $0 = Bytes(63 << 20) }
        #expect(try problem().contains("has 63.00 MiB left"))
        left.withLock { $0 = Bytes(1 << 30) }
        #expect(try ask(port, "/ready").status == 200)
        // The checks leave nothing behind.
        let names = try FileManager.default.contentsOfDirectory(atPath: place.folder.path(percentEncoded: false))
        #expect(names == ["s.sqlite"], "\(names)")
        try FileManager.default.removeItem(at: place.folder)
        #expect(try problem().contains("there is no folder"))
      })
    try await withService({ $0.storePath = "/proc/shapefinder/s.sqlite" }) { port in
      // No user can create a folder there.
      let reply = try ask(port, "/ready")
      #expect(reply.status == 503)
    }
    // A limit on the size of files under which nothing can be written, like a full disk or quota.
    let service = try ServiceProcess("--store", other.path, under: "trap '' XFSZ; ulimit -f 0")
    let reply = try ask(service.port, "/ready")
    #expect(reply.status == 503 && reply.text.contains("free some space"), "\(reply.text)")
    #expect(try ask(service.port, "/health").status == 200)
  }

  @Test func `kept answers stay within their room, and those that are asked for stay longest`() {
    let kept = KeptAnswers(most: 100_000)
    func key(_ number: Int) -> KeptAnswers.Key { .init(route: "r", query: "\(number)", form: .json, store: nil) }
    func answer(_ size: Int) -> KeptAnswers.Kept {
      .init(body: .init(repeating: 0, count: size), tag: "", headers: [:])
    }
    kept.keep(answer(50_000), for: key(-1))
    #expect(kept[key(-1)] == nil)
    for number in 0..<10_000 {
      kept.keep(answer(1000), for: key(number))
      guard kept[key(0)] != nil else {
        Issue.record("gone after \(number), though it was asked for each time")
        break
      }
    }
    #expect(kept[key(9999)] != nil)
    let left = (0..<10_000).count { kept[key($0)] != nil }
    #expect((45...66).contains(left))
  }

  @Test func `pages of other origins read answers only where they were named`() async throws {
    let origin = ["Origin": "https://notebooks.example.org"]
    let asked = ["Access-Control-Request-Method": "GET"].merging(origin) { $1 }
    try await withService { port in
      #expect(try ask(port, "/v1/devices", origin).headers["access-control-allow-origin"] == nil)
      let options = try Wire(port: port).ask("OPTIONS", "/v1/devices", asked)
      #expect(options.status == 405 && options.headers["access-control-allow-methods"] == nil)
    }
    try await withService({ $0.origins = ["https://notebooks.example.org"] }) { port in
      let reply = try ask(port, "/v1/devices", origin)
      #expect(reply.headers["access-control-allow-origin"] == "https://notebooks.example.org")
      #expect(reply.headers["vary"] == "Accept, Origin")
      let options = try Wire(port: port).ask("OPTIONS", "/v1/sweeps", asked)
      #expect(options.status == 204 && options.headers["access-control-allow-methods"] == "DELETE, GET, POST")
      let other = try ask(port, "/v1/devices", ["Origin": "https://elsewhere.example.org"])
      #expect(other.status == 200 && other.headers["access-control-allow-origin"] == nil)
      #expect(try Wire(port: port).ask("OPTIONS", "/v1/sweeps", ["Origin": "null"]).status == 405)
    }
  }
}
