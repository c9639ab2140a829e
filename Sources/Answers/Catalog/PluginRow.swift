import Compilation
import Reporting
import VisionTransformer

/// A release and where it is installed.
package struct PluginRow: Sendable {
  /// The release.
  package var release: PluginRelease
  /// Its library; nil if it is not installed.
  package var path: String?

  /// Every release, and where it is installed.
  package static func all(_ directory: PluginDirectory) -> [PluginRow] {
    let installed = directory.installed
    return PluginRelease.all.map { release in
      PluginRow(release: release, path: installed.first { $0.release == release }?.plugin.library)
    }
  }

  /// The columns.
  package static var listing: Listing<PluginRow> {
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
