import Foundation
import PackagePlugin

/// Converts the files of the service's page into one Swift source, so that an installed binary contains its page and
/// the files remain the only source.
@main
struct EmbedPage: BuildToolPlugin {
  private static let extensions = ["html", "css", "js", "svg"]

  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let page = target.directoryURL.appending(path: "Page", directoryHint: .isDirectory)
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedPage.swift")
    // The folder is an input too: adding or removing a file changes it.
    var inputs = [page]
    if let files = try? FileManager.default.contentsOfDirectory(at: page, includingPropertiesForKeys: nil) {
      inputs += files.filter { Self.extensions.contains($0.pathExtension) }
    }
    return [
      .buildCommand(
        displayName: "Embedding the page",
        executable: try context.tool(named: "EmbedCatalogTool").url,
        arguments: [page.path(percentEncoded: false), output.path(percentEncoded: false), "EmbeddedPage"]
          + Self.extensions,
        inputFiles: inputs.sorted { $0.absoluteString < $1.absoluteString },
        outputFiles: [output])
    ]
  }
}
