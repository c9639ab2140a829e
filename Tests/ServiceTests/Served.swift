import Catalog
import EvidenceStore
import Foundation
import Logging
import Synchronization
import Testing

@testable import ShapefinderService

/// Runs `body` with a service in this process, on its own port. `body` runs on its own thread, because its clients
/// block.
func withService<Value: Sendable>(
  _ change: (inout ServiceConfiguration) -> Void = { _ in }, _ body: @escaping @Sendable (Int) throws -> Value
) async throws -> Value {
  var configuration = ServiceConfiguration(
    catalog: try Catalog.bundled(), storePath: nil, version: "test")
  change(&configuration)
  var logger = Logger(label: "test")
  logger.logLevel = .critical
  let service = ShapefinderService(configuration, logger: logger)
  let (ports, source) = AsyncStream<Int>.makeStream()
  return try await withThrowingTaskGroup(of: Value?.self) { group in
    group.addTask {
      try await service.run(host: "127.0.0.1", port: 0, catchesSignals: false) { source.yield($0) }
      return nil
    }
    group.addTask {
      for await port in ports {
        return try await withCheckedThrowingContinuation { continuation in
          Thread.detachNewThread { continuation.resume(with: Result { try body(port) }) }
        }
      }
      return nil
    }
    var value: Value?
    for try await found in group {
      if let found { value = found }
      group.cancelAll()
      break
    }
    return try #require(value)
  }
}

/// Sends one request on its own connection.
func ask(
  _ port: Int, _ target: String, method: String = "GET", _ headers: [String: String] = [:], body: String? = nil
) throws -> Wire.Reply {
  try Wire(port: port).ask(method, target, headers, body: body)
}

/// A text encoded for a query.
func encoded(_ text: String) -> String {
  text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
}

/// A path for a store that does not exist yet.
final class Place: Sendable {
  let folder: URL
  let path: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "service-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.appending(path: "s.sqlite").path(percentEncoded: false)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func read<Value>(_ body: (EvidenceStore) throws -> Value) throws -> Value {
    try #require(try EvidenceStore.glance(at: path, body))
  }
}
