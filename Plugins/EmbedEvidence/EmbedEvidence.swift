import Foundation
import PackagePlugin

/// Converts the bundled evidence, `Validation/{evidence,compiled,measured}`, into Swift sources, so that an installed
/// binary can validate itself and the NDJSON files remain the only source.
@main
struct EmbedEvidence: BuildToolPlugin {
  private static let folders = [
    ("evidence", "EmbeddedEvidence"), ("compiled", "EmbeddedCompiles"), ("measured", "EmbeddedMeasurements"),
  ]

  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let tool = try context.tool(named: "EmbedCatalogTool").url
    return Self.folders.map { name, type in
      let folder = context.package.directoryURL.appending(path: "Validation/\(name)").resolvingSymlinksInPath()
      let output = context.pluginWorkDirectoryURL.appending(path: type + ".swift")
      // The folder is an input too: adding or removing a file changes it.
      let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
      return .buildCommand(
        displayName: "Embedding Validation/\(name)", executable: tool,
        arguments: [folder.path(percentEncoded: false), output.path(percentEncoded: false), type, "ndjson"],
        inputFiles: [folder] + files.filter { $0.pathExtension == "ndjson" }.sorted { $0.path < $1.path },
        outputFiles: [output])
    }
  }
}
