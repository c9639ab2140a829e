import Evidence
import EvidenceStore
import Foundation
import Testing
import VisionTransformer

@testable import ShapefinderService

/// Stored results, page by page, and imports.
@Suite struct ResultsTests {
  private static func withStore<Value: Sendable>(
    _ place: Place, token: AccessToken? = nil, _ body: @escaping @Sendable (Int) throws -> Value
  ) async throws -> Value {
    try await withService(
      {
        $0.storePath = place.path
        $0.storeWords = ["--store", place.path]
        $0.token = token
      }, body)
  }

  /// A store with estimates in two settings, some of which were compiled.
  private static func filled() throws -> Place {
    let place = try Place()
    _ = try Shell.run(
      """
      shapefinder enumerate --depth 1..12 --width 128..512 --mlp-width 4x --heads width/64 --patch 16 --batch 8,32 \
        --classes 1000 --store '\(place.path)' --quiet &&
      shapefinder enumerate --depth 1..6 --width 128..256 --mlp-width 4x --heads width/64 --patch 16 --optimizer adam \
        --device tpu-v4 --store '\(place.path)' --quiet
      shapefinder runs import \(DocumentTests.root.path(percentEncoded: false))/Validation/compiled/tpu-v3.ndjson \
        --store '\(place.path)' --quiet
      """)
    return place
  }

  /// The lines of all pages of a question.
  private static func pages(
    _ port: Int, _ query: String, limit: Int, between: (Int) throws -> Void = { _ in }
  ) throws -> [String] {
    var lines: [String] = [], next: String?, page = 0
    repeat {
      let token = next.map { "&after=" + $0 } ?? ""
      let reply = try ask(port, "/v1/results?limit=\(limit)&\(query)\(token)")
      #expect(reply.status == 200, "\(reply.text)")
      let object = try reply.object()
      let results = try #require(object["results"] as? [Any])
      next = object["next"] as? String
      #expect(object["truncated"] as? Bool == (next != nil))
      #expect((reply.headers["link"] != nil) == (next != nil))
      #expect((reply.headers["shapefinder-remark"]?.contains("truncated") ?? false) == (next != nil))
      #expect(results.count == limit || next == nil)
      let rows = try ask(port, "/v1/results?format=ndjson&limit=\(limit)&\(query)\(token)")
      lines += rows.text.split(separator: "\n").map(String.init)
      #expect(rows.text.split(separator: "\n").count == results.count)
      page += 1
      try between(page)
    } while next != nil
    return lines
  }

  @Test func `pages are the rows of runs export, in its order, under each filter`() async throws {
    let place = try Self.filled()
    try await Self.withStore(place) { port in
      for (query, words) in [
        ("", ""), ("run=2", "2"), ("evidence=compiled", "--evidence compiled"),
        ("device=tpu-v4&optimizer=adam", "--device tpu-v4 --optimizer adam"),
        ("shape=ViT-G/14", "--shape ViT-G/14"), ("device=elsewhere", "--device elsewhere"),
        ("sort=-imagesPerSecond&verdict=fits&maxDepth=4", "--sort=-images-per-second --verdict fits --max-depth 4"),
        ("sort=total&minImagesPerSecond=1000.5", "--sort=total --min-images-per-second 1000.5"),
        ("run=1&sort=-depth&minTotal=1MiB", "1 --sort=-depth --min-total 1MiB"),
      ] {
        let printed = try Shell.run("shapefinder runs export \(words) --store '\(place.path)' 2>/dev/null")
        let expected = printed.split(separator: "\n").map(String.init)
        #expect(query == "device=elsewhere" || !expected.isEmpty, "\(query)")
        for limit in [7, 1000] { #expect(try Self.pages(port, query, limit: limit) == expected, "\(query)") }
      }
      for form in ["ndjson", "csv", "text"] {
        let reply = try ask(port, "/v1/results?limit=5&sort=depth&format=\(form)")
        let command = try #require(reply.headers["shapefinder-command"])
        #expect(reply.headers["link"]?.contains("&format=\(form)") == true)
        #expect(
          reply.text == (try Shell.run(command + " --format \(form == "text" ? "table" : form) 2>/dev/null")),
          "\(command)")
      }
    }
  }

  @Test func `what is stored between two pages makes nothing come twice or be lost`() async throws {
    let place = try Self.filled()
    try await Self.withStore(place) { port in
      let before = try Set(Self.pages(port, "", limit: 1000))
      let store = try EvidenceStore.open(path: place.path, mode: .readWrite)
      defer { try? store.close() }
      let known = try #require(try store.results().next())
      for query in ["", "sort=-total", "sort=step-seconds"] {
        // Stores revisions of known results, provenances that sort before and after them, and new configurations.
        let lines = try Self.pages(port, query, limit: 50) { page in
          let run = try store.beginRun(RunDescription(command: "between", modelVersion: "1"))
          try store.write(run: run) { writer in
            for number in 1...20 {
              var result = known
              result.configuration.batch = page % 2 == 0 ? known.configuration.batch : number
              result.provenance.source = page % 3 == 0 ? "aaa" : "zzz"
              result.memory.total = Bytes(known.memory.total.count + number * page * query.utf8.count)
              try writer.append(result)
            }
          }
          try store.finishRun(run)
        }
        #expect(Set(lines).count == lines.count, "\(query)")
        #expect(before.isSubset(of: lines), "\(query)")
      }
    }
  }

  @Test func `a token is of one question, and nothing else is one`() async throws {
    let place = try Self.filled()
    try await Self.withStore(place) { port in
      let token = try #require(try ask(port, "/v1/results?limit=3&device=tpu-v3").object()["next"] as? String)
      #expect(try ask(port, "/v1/results?limit=9&device=tpu-v3&after=\(token)").status == 200)
      #expect(try ask(port, "/v1/results?device=tpu-v4&after=\(token)").status == 422)
      #expect(try ask(port, "/v1/results?after=\(token)").status == 422)
      for index in token.indices {
        var other = token
        other.replaceSubrange(index...index, with: token[index] == "A" ? "B" : "A")
        let reply = try ask(port, "/v1/results?device=tpu-v3&after=\(other)")
        #expect(reply.status == 422 && reply.text.contains("after"), "\(other)")
      }
      for other in ["x", "AAAA", String(repeating: "A", count: 1000), "../..", token + token] {
        #expect(try ask(port, "/v1/results?after=\(encoded(other))").status == 422)
      }
      // Well-formed, but it refers to a row that does not exist.
      let place = try #require(ResultPlace(numbers: [99, 99, 99]))
      let stray = PageToken(place, question: ResultQuestion.text(try Values(query: nil, []))).text
      #expect(try ask(port, "/v1/results?after=\(stray)").status == 422)
      for (query, key) in [
        ("limit=0", "limit"), ("limit=1001", "limit"), ("run=99", "run"), ("evidence=guessed", "evidence"),
        ("optimizer=adm", "optimizer"), ("shape=ViT-X/1", "shape"), ("sort=beauty", "sort"), ("verdict=no", "verdict"),
        ("minTotal=much", "minTotal"), ("maxDepth=deep", "maxDepth"),
      ] {
        let reply = try ask(port, "/v1/results?\(query)")
        #expect(reply.status == 422, "\(query): \(reply.text)")
        #expect(try reply.object()["key"] as? String == key, "\(query)")
      }
      #expect(try ask(port, "/v1/results?minDepth=5&maxDepth=4").status == 422)
    }
    try await withService { port in
      let reply = try ask(port, "/v1/results")
      #expect(reply.text == #"{"results":[],"next":null,"truncated":false}"# + "\n")
    }
  }

  @Test func `evidence is imported as the command imports it`() async throws {
    let place = try Self.filled(), copy = try Place()
    let everything = try Shell.run("shapefinder runs export --store '\(place.path)' 2>/dev/null")
    let count = everything.split(separator: "\n").count
    try await Self.withStore(copy) { port in
      func post(_ body: String, _ type: String = "application/x-ndjson") throws -> Wire.Reply {
        try ask(port, "/v1/evidence", method: "POST", ["Content-Type": type], body: body)
      }
      let first = try post(everything), object = try first.object()
      #expect(first.status == 200 && object["new"] as? Int == count && object["refused"] as? Int == 0, "\(first.text)")
      #expect(try Shell.run("shapefinder runs export --store '\(copy.path)' 2>/dev/null") == everything)
      // Importing again changes nothing; lines that are not results are skipped.
      let again = try post("{\"shape\": 1}\n" + everything + "[]\n").object()
      #expect(again["new"] as? Int == 0 && again["confirmed"] as? Int == count && again["refused"] as? Int == 2)
      let errors = try #require(again["errors"] as? [[String: Any]])
      #expect(errors.compactMap { ($0["error"] as? [String: Any])?["line"] as? Int } == [1, count + 2])
      let table = try Shell.run("shapefinder runs export --format csv --store '\(place.path)' 2>/dev/null")
      #expect(try post(table, "text/csv").object()["confirmed"] as? Int == count)
      #expect(try post("no results", "text/plain").status == 422)
      #expect(try post("", "image/png").status == 415)
      #expect(try post(String(repeating: "\n", count: 33 << 20)).status == 413)
      #expect(try copy.read { try $0.summary().evidence } == place.read { try $0.summary().evidence })
    }
    try await withService { port in
      let reply = try ask(
        port, "/v1/evidence", method: "POST", ["Content-Type": "application/x-ndjson"], body: everything)
      #expect(reply.status == 409)
    }
  }

  @Test func `evidence needs the token, and a store that can be written`() async throws {
    let place = try Place(), headers = ["Content-Type": "application/x-ndjson"]
    try await Self.withStore(place, token: AccessToken("0123456789abcdef")) { port in
      for (authorization, status) in [(nil, 401), ("Bearer 0123456789abcdeg", 401), ("Bearer 0123456789abcdef", 422)] {
        var headers = headers
        headers["Authorization"] = authorization
        let reply = try ask(port, "/v1/evidence", method: "POST", headers, body: "x")
        #expect(reply.status == status)
      }
    }
    try await withService({ $0.storePath = "/proc/self/s.sqlite" }) { port in
      let reply = try ask(port, "/v1/evidence", method: "POST", headers, body: "{}")
      #expect(reply.status == 503, "\(reply.text)")
    }
    try await withService(
      {
        $0.storePath = place.path
        $0.freeSpace = { _ in .zero }
      },
      { port in
        let reply = try ask(port, "/v1/evidence", method: "POST", headers, body: "{}")
        #expect(reply.status == 503 && reply.text.contains("free some space"))
      })
    #expect(!FileManager.default.fileExists(atPath: place.path))
  }
}
