import Catalog
import Foundation

/// Where a person's own store and catalog are, as an environment says.
///
/// Source: XDG Base Directory Specification 0.8: relative paths in its variables are ignored.
package struct UserPlaces: Sendable {
  private let environment: [String: String]

  /// The places of an environment.
  package init(_ environment: [String: String]) { self.environment = environment }

  /// The person's own data of this program.
  package var data: String {
    let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? NSHomeDirectory()
    let data = environment["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home + "/.local/share"
    return data + "/shapefinder"
  }

  /// The store that is used where none is named.
  package var store: String {
    if let path = environment["SHAPEFINDER_STORE"], !path.isEmpty { return path }
    return data + "/shapefinder.sqlite"
  }

  /// Where `devices probe` writes.
  package var catalog: String { data + "/catalog" }

  /// The catalog: the folder that was given, else the person's own where there is one, laid over the program's.
  ///
  /// - Throws: `CatalogError` with file, line and column.
  package func catalog(_ given: String?) throws(CatalogError) -> Catalog {
    if let given { return try Catalog(directory: URL(filePath: given, directoryHint: .isDirectory)) }
    guard FileManager.default.fileExists(atPath: catalog) else { return try Catalog.bundled() }
    return try Catalog(directory: URL(filePath: catalog, directoryHint: .isDirectory))
  }
}
