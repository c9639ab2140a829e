import Foundation
import Testing
import Yams

@testable import ShapefinderService

/// Checks that the OpenAPI document matches the table of routes, and that the service behaves as both say.
@Suite struct DocumentTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test func `the committed document is the one that is served`() async throws {
    let path = Self.root.appending(path: "openapi.yaml")
    if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] != nil {
      try Data(OpenAPI.document.yaml).write(to: path)
    }
    let committed = try Data(contentsOf: path)
    #expect(committed == Data(OpenAPI.document.yaml), "record it with RECORD_GOLDEN=1")
    try await withService { port in
      let yaml = try ask(port, "/openapi.yaml"), json = try ask(port, "/openapi.json")
      #expect(yaml.body == OpenAPI.document.yaml)
      #expect(json.body == OpenAPI.document.json)
    }
  }

  @Test func `both forms say the same`() throws {
    let json = try JSONSerialization.jsonObject(with: Data(OpenAPI.document.json)) as? NSDictionary
    let yaml = try Yams.load(yaml: String(decoding: OpenAPI.document.yaml, as: UTF8.self)) as? NSDictionary
    #expect(json != nil)
    #expect(json == yaml)
  }

  @Test func `every route is in the document, and every address of the document is there`() async throws {
    try await withService { port in
      let document = try #require(
        try JSONSerialization.jsonObject(with: Data(OpenAPI.document.json)) as? [String: Any])
      let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
      #expect(
        Set(paths.flatMap { path, methods in methods.keys.map { "\($0) \(path)" } })
          == Set(Route.all.map { "\($0.method.rawValue.lowercased()) \($0.path)" }))
      for (path, methods) in paths {
        for (method, operation) in methods {
          let reply = try ask(port, path, method: method.uppercased(), body: method == "post" ? "" : nil)
          #expect(reply.status != 404 && reply.status != 405, "\(path)")
          let responses = try #require(operation["responses"] as? [String: Any])
          #expect(responses["\(reply.status)"] != nil, "\(path): \(reply.status) is not in the document")
          let parameters = operation["parameters"] as? [[String: Any]] ?? []
          for parameter in parameters {
            let name = try #require(parameter["name"] as? String)
            let wrong = try ask(port, "\(path)?\(name)=%FF", method: method.uppercased())
            #expect(wrong.status == 400)
            let known = try ask(port, "\(path)?\(name)=1", method: method.uppercased())
            #expect(!known.text.contains("is not a parameter"))
          }
          let stranger = try ask(
            port, "\(path)?stranger=1", method: method.uppercased(), body: method == "post" ? "" : nil)
          #expect(stranger.status == 400)
        }
      }
    }
  }
}
