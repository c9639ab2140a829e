import EvidenceStore

/// Work that is recorded as one run in a store.
package protocol RecordedSession {
  /// The store; nil if nothing is stored.
  var store: EvidenceStore? { get }
  /// Runs `body` and closes the run: see `SessionRun.close`.
  func close<Value>(_ body: () throws -> Value) throws -> (Value, stored: String?)
}

extension RecordedSession {
  /// Runs `body`, closes the run, and then closes the store that was opened for it.
  package func closeWithStore<Value>(_ body: () throws -> Value) throws -> (Value, stored: String?) {
    defer { try? store?.close() }
    return try close(body)
  }
}
