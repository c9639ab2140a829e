import Foundation

extension InstalledPlugin {
  /// The same plugin with its identity: name, version as far as it can be proved, and the beginning of its hash, which
  /// tells its answers apart from those of pinned releases and of other files at the same path.
  ///
  /// The version is that of a pinned release with the same bytes, or of the Python package whose list of files has this
  /// one with this hash. Source: PyPA specifications, "Recording installed projects".
  ///
  /// - Throws: `PluginError` if there is no such file.
  public func identified() throws(PluginError) -> InstalledPlugin {
    guard version == nil, fingerprint == nil else { return self }
    let url = URL(filePath: library).resolvingSymlinksInPath()
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: url.path(percentEncoded: false)) else {
      throw .missing(path: library)
    }
    // Reading a pipe or a device might never end.
    guard attributes[.type] as? FileAttributeType == .typeRegular else {
      throw .notALibrary(path: library, reason: "it is no regular file")
    }
    let hash: String
    do { hash = try PluginInstaller.hash(of: url.path(percentEncoded: false)) } catch {
      throw .notALibrary(path: library, reason: "it cannot be read")
    }
    let found =
      PluginRelease.all.first { $0.librarySHA256 == hash }?.version ?? Self.recordedVersion(of: url, hash: hash)
    let name = url.deletingPathExtension().lastPathComponent
    var plugin = self
    plugin.fingerprint = String(hash.prefix(12))
    plugin.version = found
    plugin.title = "\(name) \(found ?? Self.unknown)\(Self.fileMark)\(hash.prefix(12)))"
    return plugin
  }

  /// What stands in place of a version that is not known.
  static let unknown = "of unknown version"
  /// What stands before the beginning of a file's hash.
  static let fileMark = " (file "

  /// `0.0.52` for `site-packages/libtpu/libtpu.so`, if `site-packages/libtpu-0.0.52.dist-info/RECORD` has the file with
  /// its hash; nil otherwise.
  private static func recordedVersion(of library: URL, hash: String) -> String? {
    let folder = library.deletingLastPathComponent(), packages = folder.deletingLastPathComponent()
    let name = folder.lastPathComponent, ending = ".dist-info"
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: packages.path(percentEncoded: false))) ?? []
    let line = "\(name)/\(library.lastPathComponent),sha256=\(base64(hash)),"
    for entry in entries.sorted() where entry.hasPrefix(name) && entry.hasSuffix(ending) {
      let record = packages.appending(path: entry + "/RECORD")
      guard let text = try? String(contentsOf: record, encoding: .utf8), text.contains(line) else { continue }
      return entry.dropLast(ending.count).split(separator: "-").last.map(String.init)
    }
    return nil
  }

  /// A hash as a package's list of files has it: base64 for URLs, without padding.
  private static func base64(_ hexadecimal: String) -> String {
    let digits = Array(hexadecimal.utf8)
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
    }
    return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }
}
