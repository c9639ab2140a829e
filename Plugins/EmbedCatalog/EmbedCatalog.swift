import Foundation
import PackagePlugin

/// Converts the files under `shapes/` into one Swift source of the target that uses it, so that an installed binary
/// contains its catalog and the YAML files remain the only source.
@main
struct EmbedCatalog: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let shapes = context.package.directoryURL.appending(path: "shapes").resolvingSymlinksInPath()
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedCatalog.swift")
    // The folders are inputs too: adding or removing a file changes its folder.
    var inputs = [shapes]
    if let entries = FileManager.default.enumerator(at: shapes, includingPropertiesForKeys: [.isDirectoryKey]) {
      for case let url as URL in entries {
        let isFolder = (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory ?? false
        if isFolder || url.pathExtension == "yaml" { inputs.append(url) }
      }
    }
    return [
      .buildCommand(
        displayName: "Embedding the catalog of shapes/",
        executable: try context.tool(named: "EmbedCatalogTool").url,
        arguments: [
          shapes.path(percentEncoded: false), output.path(percentEncoded: false), "EmbeddedCatalog", "yaml",
        ],
        inputFiles: inputs.sorted { $0.absoluteString < $1.absoluteString },
        outputFiles: [output])
    ]
  }
}
