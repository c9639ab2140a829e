import Answers
import ArgumentParser
import EvidenceStore
import Foundation

/// `--store`, for every command that stores results or reads stored ones.
struct StoreOptions: ParsableArguments {
  @Option(
    name: .customLong("store"),
    help: ArgumentHelp("Store. (default: $SHAPEFINDER_STORE or ~/.local/share)", valueName: "path"),
    completion: .file(extensions: ["sqlite"]))
  var given: String?

  /// The store's path.
  var path: String { given ?? UserPlaces.own.store }

  /// Opens the store; creates the folder of the default store if necessary.
  ///
  /// - Throws: `StoreError`, `AnswerError`.
  func open(_ mode: EvidenceStore.Mode) throws -> EvidenceStore {
    if given == nil, mode == .create { try UserPlaces.own.makeStoreFolder() }
    return try EvidenceStore.open(path: path, mode: mode)
  }

  /// Lets `body` look something up, if there is a store: it is briefly opened for reading, and nothing is created.
  ///
  /// If the default store cannot be read, that is reported, and the answer is given without it.
  ///
  /// - Throws: `StoreError` for a store that was given, and errors from `body`.
  func glance<Value>(_ body: (EvidenceStore) throws -> Value) throws -> Value? {
    do {
      return try EvidenceStore.glance(at: path, body)
    } catch let error as StoreError {
      if given != nil { throw error }
      remark("not consulted: \(error); --no-store leaves it alone")
      return nil
    }
  }

  /// The options that select the same store.
  var words: [String] { given.map { ["--store", $0] } ?? [] }
}
