import EvidenceStore

/// Work that is recorded as one run in a store.
package protocol RecordedSession {
  /// The store; nil if nothing is stored.
  var store: EvidenceStore? { get }
  /// Runs `body` and closes the run: see `SessionRun.close`.
  func close<Value>(_ body: () throws -> Value) throws -> (Value, stored: String?)
}

extension RecordedSession {
  /// Runs `body`, closes the run, and then closes the store that was opened for it. A file that its answers go to is
  /// written whatever happens.
  package func closeWithStore<Value>(
    _ file: TaskFile? = nil, _ body: () throws -> Value
  ) throws -> (Value, stored: String?) {
    defer { try? store?.close() }
    guard let file else { return try close(body) }
    let value: Value
    do { value = try close(body).0 } catch {
      // The first error is more useful than one about the file, whose journal then stays.
      guard let kept = try? file.close() else { throw error }
      guard let stop = error as? AnswerError, stop.kind == .interrupted else { throw error }
      throw AnswerError(.interrupted, "interrupted: \(kept); the same command again does the rest, and nothing twice")
    }
    return (value, try file.close())
  }
}
