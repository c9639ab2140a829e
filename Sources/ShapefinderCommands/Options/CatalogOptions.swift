import ArgumentParser
import Catalog
import Foundation

/// `--catalog`, of every command that looks up shapes, devices or grids.
struct CatalogOptions: ParsableArguments {
  @Option(
    name: .customLong("catalog"),
    help: ArgumentHelp(
      "Folder with shapes, devices or grids of your own: vit.yaml, devices/, grids/. They are added to those of the program, and win where the names are the same.",
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
