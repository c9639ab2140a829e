import Compilation
import Foundation
import Testing
import WorkerProcess

/// What is built beside the tests, and what they bring along.
enum BuildFolder {
  /// The worker's file.
  static let worker: String = {
    let places =
      [Bundle.main.bundleURL, Bundle.main.executableURL ?? Bundle.main.bundleURL] + Bundle.allBundles.map(\.bundleURL)
    for place in places {
      var folder = place
      for _ in 0..<4 {
        let file = folder.appending(path: WorkerProgram.name).path(percentEncoded: false)
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), !isFolder.boolValue { return file }
        folder = folder.deletingLastPathComponent()
      }
    }
    return WorkerProgram.name
  }()

  /// A file of `Golden`.
  static func golden(_ name: String, file: String = #filePath) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: file).deletingLastPathComponent().appending(path: "Golden/" + name)))
  }

  /// A compiler with the library at `path`.
  static func compiler(_ path: String, kind: PluginKind = .tpu, worker: String = worker) throws -> Compiler {
    Compiler(plugin: InstalledPlugin(kind: kind, path: path), worker: try WorkerProgram(path: worker))
  }

  /// Installed releases of a kind.
  static func installed(_ kind: PluginKind) -> [InstalledPlugin] {
    PluginDirectory.standard.installed.filter { $0.release.kind == kind }.map(\.plugin)
  }
}
