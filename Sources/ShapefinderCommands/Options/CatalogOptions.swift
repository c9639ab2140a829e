import ArgumentParser
import Catalog
import Foundation

/// `--catalog`, of every command that looks up shapes, devices or grids.
struct CatalogOptions: ParsableArguments {
  @Option(
    name: .customLong("catalog"),
    help: ArgumentHelp(
      "Folder with shapes, devices or grids of your own: vit.yaml, devices/, grids/. (default: those of the program)",
      valueName: "dir"),
    completion: .directory)
  var directory: String?

  /// The catalog.
  ///
  /// - Throws: `CatalogError` with file, line and column.
  func load() throws(CatalogError) -> Catalog {
    guard let directory else { return try Catalog.bundled() }
    return try Catalog(directory: URL(filePath: directory, directoryHint: .isDirectory))
  }
}
