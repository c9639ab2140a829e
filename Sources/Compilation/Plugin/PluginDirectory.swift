import Foundation

/// A plugin on this machine.
public struct InstalledPlugin: Sendable, Hashable {
  /// The plugin.
  public var kind: PluginKind
  /// Name and version, such as `libtpu 0.0.17.1`; of a file also the beginning of its hash, once it is `identified`.
  public var title: String
  /// Version of the package; nil if it is not known.
  public var version: String?
  /// The library's file.
  public var library: String
  /// The beginning of the SHA-256 of a file that was given by path; nil for a pinned release.
  public var fingerprint: String?

  /// A plugin.
  public init(kind: PluginKind, title: String, version: String?, library: String) {
    self.kind = kind
    self.title = title
    self.version = version
    self.library = library
  }

  /// The plugin whose library is at `path`; `identified` says which it is.
  public init(kind: PluginKind, path: String) { self.init(kind: kind, title: path, version: nil, library: path) }
}

/// No plugin is installed.
public struct PluginMissing: Error, Sendable, Hashable {
  /// The plugin.
  public var kind: PluginKind
  /// The requested version; nil for any.
  public var version: String?
}

extension PluginMissing: CustomStringConvertible {
  /// The command that installs it.
  public var description: String {
    let what = version.map { " \($0)" } ?? ""
    return "the \(kind.rawValue) plugin\(what) is not installed: run `shapefinder plugin install \(kind.rawValue)"
      + (version.map { " --version \($0)" } ?? "") + "`"
  }
}

/// The folder of installed plugins, with one subfolder for each release.
public struct PluginDirectory: Sendable, Hashable {
  /// The folder.
  public let path: String

  /// The folder at `path`.
  public init(path: String) { self.path = path }

  /// `$XDG_CACHE_HOME/shapefinder/plugins`, else `~/.cache/shapefinder/plugins`.
  ///
  /// Source: XDG Base Directory Specification: a path that is not absolute is to be ignored.
  public static var standard: PluginDirectory {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    let home = environment["HOME"] ?? NSHomeDirectory()
    return PluginDirectory(path: (cache ?? home + "/.cache") + "/shapefinder/plugins")
  }

  /// The environment variable that names the library of a plugin, such as `SHAPEFINDER_PLUGIN_TPU`.
  public static func variable(_ kind: PluginKind) -> String { "SHAPEFINDER_PLUGIN_" + kind.rawValue.uppercased() }

  /// The folder of a release.
  func folder(of release: PluginRelease) -> String { "\(path)/\(release.kind.rawValue)-\(release.version)" }

  /// The path of a release's library, whether or not it is installed.
  func library(of release: PluginRelease) -> String {
    folder(of: release) + "/" + (release.library.split(separator: "/").last.map(String.init) ?? release.library)
  }

  /// The installed plugins, in the order of the releases.
  public var installed: [(release: PluginRelease, plugin: InstalledPlugin)] {
    PluginRelease.all.compactMap { release in
      let library = library(of: release)
      guard FileManager.default.fileExists(atPath: library) else { return nil }
      return (
        release, InstalledPlugin(kind: release.kind, title: release.title, version: release.version, library: library)
      )
    }
  }

  /// The plugin of a kind: the one named in the environment, otherwise the installed one with `version`, otherwise the
  /// first installed.
  ///
  /// - Throws: `PluginMissing`.
  public func find(
    _ kind: PluginKind, version: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(PluginMissing) -> InstalledPlugin {
    if version == nil, let path = environment[Self.variable(kind)], !path.isEmpty {
      return InstalledPlugin(kind: kind, path: path)
    }
    guard
      let found = installed.first(where: {
        $0.release.kind == kind && (version == nil || $0.release.version == version)
      })
    else { throw PluginMissing(kind: kind, version: version) }
    return found.plugin
  }
}
