import EvidenceStore

/// Work that is recorded as one run of a store.
package protocol RecordedSession {
  /// Where it is kept; nil where nothing is to be kept.
  var store: EvidenceStore? { get }
  /// Runs `body` and closes the run: see `SessionRun.close`.
  func close<Value>(_ body: () throws -> Value) throws -> (Value, stored: String?)
}

extension RecordedSession {
  /// Runs `body`, closes the run, and then the store that was opened for it.
  package func closeWithStore<Value>(_ body: () throws -> Value) throws -> (Value, stored: String?) {
    defer { try? store?.close() }
    return try close(body)
  }
}
