import ArgumentParser
import Compilation
import Reporting

/// `shapefinder plugin list`.
struct PluginListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the plugins that can be installed, and where the installed ones are.",
    discussion: """
      Examples:

        shapefinder plugin list
        shapefinder plugin list --format json
      """)

  @OptionGroup var output: OutputOptions

  func run() throws {
    let installed = PluginDirectory.standard.installed
    let rows = PluginRelease.all.map { release in
      PluginRow(release: release, path: installed.first { $0.release == release }?.plugin.library)
    }
    try output.write(rows, PluginRow.listing)
    if installed.isEmpty { remark("none is installed; `shapefinder plugin install tpu` installs the first") }
  }
}

/// A release, and where it is.
private struct PluginRow: Sendable {
  var release: PluginRelease
  var path: String?

  static var listing: Listing<PluginRow> {
    Listing([
      .text("plugin", "plugin") { $0.release.kind.rawValue }, .text("package", "package") { $0.release.package },
      .text("version", "version") { $0.release.version },
      .init(
        "installed", "installed", text: { $0.path == nil ? Styled("no") : Styled("yes", .good) },
        value: { .boolean($0.path != nil) }),
      .init(
        "downloadBytes", "download", .right, text: { Styled("\($0.release.size)") }, value: { .bytes($0.release.size) }),
      .text("licence", "licence", rank: .detail) { $0.release.licence },
      .text("path", "library", rank: .detail) { $0.path },
      .init("sha256") { .text($0.release.sha256) },
    ])
  }
}
