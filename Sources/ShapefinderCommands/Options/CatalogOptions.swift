import Answers
import ArgumentParser
import Catalog

/// `--catalog`, for every command that looks up shapes, devices or grids.
struct CatalogOptions: ParsableArguments {
  @Option(
    name: .customLong("catalog"), help: ArgumentHelp("Folder of your own shapes, devices and grids.", valueName: "dir"),
    completion: .directory)
  var directory: String?

  /// The catalog: the given folder, or the user's own if it exists, added to the bundled catalog.
  ///
  /// - Throws: `CatalogError` with file, line and column.
  func load() throws(CatalogError) -> Catalog { try UserPlaces.own.catalog(directory) }

  /// The options that select the same folder.
  var words: [String] { directory.map { ["--catalog", $0] } ?? [] }
}
