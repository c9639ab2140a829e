import Answers
import ArgumentParser
import Catalog

/// `--catalog`, of every command that looks up shapes, devices or grids.
struct CatalogOptions: ParsableArguments {
  @Option(
    name: .customLong("catalog"),
    help: ArgumentHelp(
      "Folder of your own shapes, devices and grids.",
      valueName: "dir"),
    completion: .directory)
  var directory: String?

  /// The catalog: the folder that was given, else the user's own where there is one, laid over the program's.
  ///
  /// - Throws: `CatalogError` with file, line and column.
  func load() throws(CatalogError) -> Catalog { try UserPlaces.own.catalog(directory) }

  /// The words of a command line that name the same folder.
  var words: [String] { directory.map { ["--catalog", $0] } ?? [] }
}
