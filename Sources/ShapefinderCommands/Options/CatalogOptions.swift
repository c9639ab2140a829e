import ArgumentParser
import Catalog
import Foundation

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
  func load() throws(CatalogError) -> Catalog {
    if let directory { return try Catalog(directory: URL(filePath: directory, directoryHint: .isDirectory)) }
    let own = Self.userDirectory
    guard FileManager.default.fileExists(atPath: own) else { return try Catalog.bundled() }
    return try Catalog(directory: URL(filePath: own, directoryHint: .isDirectory))
  }

  /// The words of a command line that name the same folder.
  var words: [String] { directory.map { ["--catalog", $0] } ?? [] }

  /// Where `devices probe` writes: `shapefinder/catalog` in `$XDG_DATA_HOME` or `~/.local/share`.
  static var userDirectory: String {
    StoreOptions.dataDirectory(ProcessInfo.processInfo.environment) + "/catalog"
  }
}
