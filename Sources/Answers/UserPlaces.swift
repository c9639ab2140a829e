import Catalog
import Foundation

/// The locations of a user's own store and catalog, according to an environment.
///
/// Source: XDG Base Directory Specification 0.8: relative paths in its variables are ignored.
package struct UserPlaces: Sendable {
  private let variable: @Sendable (String) -> String?

  /// The locations for an environment, given as a look-up of its variables.
  private init(variable: @escaping @Sendable (String) -> String?) { self.variable = variable }

  /// The locations for the environment of this process.
  package static let own = UserPlaces { name in getenv(name).map { String(cString: $0) } }

  /// The user's own data folder of this program.
  package var data: String {
    let home = variable("HOME").flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
    let data = variable("XDG_DATA_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home + "/.local/share"
    return data + "/shapefinder"
  }

  /// The default store.
  package var store: String {
    if let path = variable("SHAPEFINDER_STORE"), !path.isEmpty { return path }
    return data + "/shapefinder.sqlite"
  }

  /// Makes the folder of the store that is used where none is named.
  ///
  /// - Throws: `AnswerError` where it cannot be made.
  package func makeStoreFolder() throws(AnswerError) {
    let folder = URL(filePath: store).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw AnswerError(
        .failure, "\(folder.path(percentEncoded: false)) cannot be made; give a path with --store")
    }
  }

  /// Where `devices probe` writes.
  package var catalog: String { data + "/catalog" }

  /// The catalog: the given folder, or the user's own if it exists, added to the bundled catalog.
  ///
  /// - Throws: `CatalogError` with file, line and column.
  package func catalog(_ given: String?) throws(CatalogError) -> Catalog {
    if let given { return try Catalog(directory: URL(filePath: given, directoryHint: .isDirectory)) }
    guard FileManager.default.fileExists(atPath: catalog) else { return try Catalog.bundled() }
    return try Catalog(directory: URL(filePath: catalog, directoryHint: .isDirectory))
  }
}
