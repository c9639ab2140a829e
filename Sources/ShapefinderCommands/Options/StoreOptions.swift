import Answers
import ArgumentParser
import EvidenceStore
import Foundation

/// `--store`, of every command that stores or reads what was stored.
struct StoreOptions: ParsableArguments {
  @Option(
    name: .customLong("store"),
    help: ArgumentHelp(
      "Store. (default: $SHAPEFINDER_STORE or ~/.local/share)",
      valueName: "path"),
    completion: .file(extensions: ["sqlite"]))
  var given: String?

  /// The store's path.
  var path: String { given ?? UserPlaces.own.store }

  /// Opens the store; the default store's folder is made for it.
  ///
  /// - Throws: `StoreError`, `CommandError`.
  func open(_ mode: EvidenceStore.Mode) throws -> EvidenceStore {
    if given == nil, mode == .create {
      let folder = URL(filePath: path).deletingLastPathComponent()
      do {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      } catch {
        let path = folder.path(percentEncoded: false)
        throw CommandError(status: .failure, message: "\(path) cannot be made; give a path with --store")
      }
    }
    return try EvidenceStore.open(path: path, mode: mode)
  }

  /// Lets `body` look something up, if there is a store: it is opened for reading, for a moment, and nothing is made.
  ///
  /// The default store that cannot be read is said, and takes nothing from an answer that does not need it.
  ///
  /// - Throws: `StoreError` for a store that was named, and what `body` throws.
  func glance<Value>(_ body: (EvidenceStore) throws -> Value) throws -> Value? {
    do {
      return try EvidenceStore.glance(at: path, body)
    } catch let error as StoreError {
      if given != nil { throw error }
      remark("not consulted: \(error); --no-store leaves it alone")
      return nil
    }
  }

  /// The words of a command line that name the same store.
  var words: [String] { given.map { ["--store", $0] } ?? [] }
}

extension UserPlaces {
  /// Those of whoever runs the program.
  static var own: UserPlaces { UserPlaces(ProcessInfo.processInfo.environment) }
}
