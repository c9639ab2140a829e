import EvidenceStore
import Foundation
import Testing

@testable import ShapefinderService

/// Requests that cannot be answered give a problem with key, value and rule, in the command line's words.
@Suite struct ProblemTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var target: String
    var status: Int
    var key: String?
    var words: String
    var testDescription: String { target }
  }

  static let cases = [
    Case(target: "/v1/check", status: 422, words: "no shape"),
    Case(target: "/v1/check?shape=ViT-X/14", status: 422, key: "shape", words: "is not a known shape"),
    Case(target: "/v1/check?shape=../../etc/passwd", status: 422, key: "shape", words: "is not a known shape"),
    Case(target: "/v1/check?shape=/etc/model.json", status: 422, key: "shape", words: "is a file"),
    Case(target: "/v1/check?shape=ViT-B/16&batch=0", status: 422, key: "batch", words: "must be"),
    Case(target: "/v1/check?shape=ViT-B/16&batch=8,32", status: 422, key: "batch", words: "one shape has one batch"),
    Case(target: "/v1/check?shape=ViT-B/16&batch=99999999999999999999", status: 422, key: "batch", words: ""),
    Case(target: "/v1/check?shape=ViT-B/16&classes=1e3", status: 422, key: "classes", words: "must be a whole number"),
    Case(target: "/v1/check?shape=ViT-B/16&heads=7", status: 422, key: "shape.heads", words: "must divide"),
    Case(target: "/v1/check?shape=ViT-B/16&memoryLimit=24", status: 422, key: "memoryLimit", words: "24 bytes?"),
    Case(target: "/v1/check?shape=ViT-B/16&optimizer=adm", status: 422, key: "optimizer", words: "did you mean"),
    Case(target: "/v1/check?shape=ViT-B/16&device=a100", status: 422, key: "device", words: "GPU"),
    Case(target: "/v1/check?shape=ViT-B/16&bach=8", status: 400, key: "bach", words: "did you mean \"batch\""),
    Case(target: "/v1/check?shape=ViT-B/16&batch=8&batch=9", status: 400, key: "batch", words: "twice"),
    Case(target: "/v1/check?shape=ViT-B/16&batch=", status: 400, key: "batch", words: "empty"),
    Case(target: "/v1/check?shape=%zz", status: 400, words: "percent-encoded"),
    Case(target: "/v1/check?shape=%C0%80", status: 400, words: "percent-encoded"),
    Case(target: "/v1/check?shape=ViT-B/16&format=xml", status: 422, key: "format", words: "json, text"),
    Case(target: "/v1/check?shape=ViT-B/16&changes=yes", status: 422, key: "changes", words: "true or false"),
    Case(target: "/v1/timeline?shape=ViT-mu/16&depth=1001", status: 422, key: "shape.depth", words: "at most 1000"),
    Case(target: "/v1/map?grid=figure9", status: 422, key: "grid", words: "figure8"),
    Case(target: "/v1/map?grid=figure8&width=9x", status: 422, key: "width", words: ""),
    Case(target: "/v1/map?grid=figure8&width=1..", status: 422, key: "width", words: "at character"),
    Case(
      target: "/v1/map?depth=1..1000&width=64..6400+by+64&mlpWidth=4x&heads=1,2,4,8,16,32&patch=16", status: 422,
      words: "too many for one answer"),
    Case(target: "/v1/optimizers?grid=figure9", status: 422, key: "grid", words: "figure8"),
    Case(target: "/v1/optimizers?grid=figure8&width=64", status: 422, key: "width", words: "not both"),
    Case(target: "/v1/optimizers?grid=figure8&batch=1..100", status: 422, words: "too many for one answer"),
    Case(target: "/v1/check?shape=ViT-B/16&version=0", status: 422, key: "version", words: "is not the version"),
    Case(target: "/v1/map?depth=1..4", status: 422, words: "missing"),
    Case(target: "/nowhere", status: 404, words: "/openapi.json"),
    Case(target: "/assets/../../../etc/passwd", status: 404, words: ""),
    Case(target: "/assets/%2e%2e/index.html", status: 404, words: ""),
    Case(target: "//v1/check", status: 404, words: ""),
  ]

  @Test(arguments: cases) func `a question that breaks a rule`(_ question: Case) async throws {
    try await withService { port in
      let reply = try ask(port, question.target)
      #expect(reply.status == question.status, "\(reply.text)")
      #expect(reply.headers["content-type"] == "application/problem+json")
      let problem = try reply.object()
      #expect(problem["status"] as? Int == question.status)
      #expect(problem["key"] as? String == question.key)
      let detail = try #require(problem["detail"] as? String)
      #expect(question.words.isEmpty || detail.contains(question.words), "\(detail)")
      // The message names query parameters, not command-line options.
      #expect(!detail.contains("--"), "\(detail)")
    }
  }

  @Test func `methods and forms that an address does not have`() async throws {
    try await withService { port in
      let method = try ask(port, "/v1/check?shape=ViT-B/16", method: "PUT", body: "")
      #expect(method.status == 405)
      #expect(method.headers["allow"] == "GET, HEAD")
      let form = try ask(port, "/v1/check?shape=ViT-B/16", ["Accept": "image/png, text/html;q=0.5"])
      #expect(form.status == 406)
      #expect(form.text.contains("application/json"))
      let type = try ask(port, "/v1/checks", method: "POST", ["Content-Type": "image/png"], body: "")
      #expect(type.status == 415)
      let long = try ask(port, "/v1/check?shape=" + String(repeating: "a", count: 9000))
      #expect(long.status == 414)
    }
  }

  @Test func `forms by what is accepted`() async throws {
    try await withService { port in
      let target = "/v1/map?grid=figure8&mlpWidth=4x&heads=16&depth=50"
      for (accept, type) in [
        ("text/plain", "text/plain"), ("image/svg+xml,*/*;q=0.1", "image/svg+xml"), ("*/*", "application/json"),
        ("text/csv;q=0.9, application/json;q=0.1", "text/csv"), ("application/*;q=0", "text/csv"),
        ("text/*", "text/csv"), ("application/x-ndjson", "application/x-ndjson"),
      ] where accept != "application/*;q=0" {
        let reply = try ask(port, target, ["Accept": accept])
        #expect(reply.headers["content-type"]?.hasPrefix(type) == true, "\(accept): \(reply.headers)")
        #expect(reply.headers["vary"] == "Accept")
      }
    }
  }

  @Test func `what question and version alone decide is immutable, and nothing that is stored or of this machine`()
    async throws
  {
    let questions: [(target: String, isTimeless: Bool, readsStore: Bool)] = [
      ("/v1/check?shape=ViT-L/16", true, true), ("/v1/check?shape=ViT-L/16&format=text", true, true),
      // Uncertain: how it is settled depends on what is installed.
      ("/v1/check?shape=ViT-L/16&depth=129&optimizer=sgd&rematerialization=full", false, true),
      ("/v1/check?shape=ViT-S/16&device=cpu&precision=float32", false, true),
      ("/v1/advice?shape=ViT-G/14&batch=64", true, true), ("/v1/timeline?shape=ViT-B/32", true, true),
      ("/v1/timeline?shape=ViT-B/32&format=svg", true, true), ("/v1/optimizers?shape=ViT-L/16", true, false),
      ("/v1/optimizers?grid=small", true, false), ("/v1/map?grid=figure8&mlpWidth=4x&heads=16&depth=50", true, true),
      ("/v1/map?grid=figure8&mlpWidth=4x&heads=16&depth=50&format=csv", true, true), ("/v1/shapes?", true, false),
      ("/v1/devices?", true, false), ("/v1/grids?", true, false),
    ]
    let place = try Place()
    _ = try EvidenceStore.open(path: place.path, mode: .create)
    for path in [nil, place.path] {
      try await withService({ $0.storePath = path }) { port in
        let version = try #require(try ask(port, "/v1/options").object()["answersVersion"] as? String)
        #expect(percentEncoded(version) == version)
        for question in questions {
          let plain = try ask(port, question.target)
          #expect(plain.status == 200 && plain.headers["cache-control"] == "no-cache")
          let kept = try ask(port, question.target + "&version=\(version)")
          let isImmutable = question.isTimeless && (path == nil || !question.readsStore)
          #expect(
            (kept.headers["cache-control"] == "public, max-age=31536000, immutable") == isImmutable,
            "\(question.target)")
          #expect(kept.body == plain.body && kept.headers["etag"] == plain.headers["etag"])
        }
        for target in ["/v1/runs", "/v1/results", "/v1/sweeps"] {
          let reply = try ask(port, target)
          #expect(["no-cache", "no-store"].contains(reply.headers["cache-control"]), "\(target)")
          #expect(try ask(port, target + "?version=\(version)").status >= 400)
        }
      }
    }
  }

  @Test func `an answer that a client has is not sent again`() async throws {
    try await withService { port in
      let target = "/v1/check?shape=ViT-L/16"
      let first = try ask(port, target)
      let tag = try #require(first.headers["etag"])
      let again = try ask(port, target, ["If-None-Match": tag])
      #expect(again.status == 304)
      #expect(again.body.isEmpty)
      let other = try ask(port, target + "&batch=9", ["If-None-Match": tag])
      #expect(other.status == 200)
      let head = try ask(port, target, method: "HEAD")
      #expect(head.status == 200)
      #expect(head.headers["content-length"] == "\(first.body.count)")
    }
  }
}
