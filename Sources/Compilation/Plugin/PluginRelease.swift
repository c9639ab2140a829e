import VisionTransformer

/// A release of a plugin that can be installed: a file of the Python package index and its contents.
public struct PluginRelease: Sendable, Hashable {
  /// The plugin.
  public var kind: PluginKind
  /// Name of the package.
  public var package: String
  /// Version of the package.
  public var version: String
  /// The file, a wheel.
  public var wheel: String
  /// SHA-256 of the file.
  public var sha256: String
  /// Size of the file.
  public var size: Bytes
  /// The library inside.
  public var library: String
  /// SHA-256 of that library, by which a copy of it is known; nil where none is looked for.
  public var librarySHA256: String?
  /// Path of the licence's text inside; nil if there is none.
  public var licenceFile: String?
  /// The licence that the file states.
  public var licence: String

  /// `libtpu 0.0.17.1`.
  public var title: String { "\(package) \(version)" }
}

extension PluginRelease {
  /// Every pinned release; the first of each kind is the default.
  ///
  /// Source: pypi.org/project/libtpu and pypi.org/project/xla-cpu-pjrt; hashes and licences of the files there.
  public static let all: [PluginRelease] = [
    // The compiler of the bundled evidence, for which the estimates are valid.
    PluginRelease(
      kind: .tpu, package: "libtpu", version: "0.0.17.1",
      wheel: "libtpu-0.0.17.1-cp311-cp311-manylinux_2_31_x86_64.whl",
      sha256: "97ca92c5b1daf01cd31b282ac2491e6228cde392dfdf83142cee501b9967257c", size: Bytes(135_378_978),
      library: "libtpu/libtpu.so",
      librarySHA256: "4c92530dce3ec4fef6c17cebf63e79f75832a1e5389ba0ddb1eb5f5a3fa5d6ea", licenceFile: nil,
      licence: "Apache License 2.0, by Google, Inc."),
    PluginRelease(
      kind: .tpu, package: "libtpu", version: "0.0.32", wheel: "libtpu-0.0.32-cp311-cp311-manylinux_2_31_x86_64.whl",
      sha256: "4a4ae6db0a90f0e33902cd345923a5d77dfc5bbab9a3e524c79bf876858104ee", size: Bytes(194_351_411),
      library: "libtpu/libtpu.so",
      librarySHA256: "d4119271f1c1682a0f68ecda5bfeb3104d5d9990f46a88546dd23c0e8beba286",
      licenceFile: "libtpu/LICENSE", licence: "Apache License 2.0, by Google, Inc."),
    PluginRelease(
      kind: .tpu, package: "libtpu", version: "0.0.52", wheel: "libtpu-0.0.52-cp311-cp311-manylinux_2_31_x86_64.whl",
      sha256: "f5e2e596eaea9357fbb5a6755a7a9007c6ab75bfde4a55191b03eff402971140", size: Bytes(137_064_406),
      library: "libtpu/libtpu.so",
      librarySHA256: "f86de4d04a058e6b5101f73e0824b95f27e2cec996d2b9191d9cffda75c03077",
      licenceFile: "libtpu/LICENSE",
      licence: "Google Cloud Platform Terms of Service, by Google, Inc.: read them before you use it"),
    PluginRelease(
      kind: .cpu, package: "xla-cpu-pjrt", version: "0.0.1",
      wheel: "xla_cpu_pjrt-0.0.1-py3-none-manylinux_2_27_x86_64.whl",
      sha256: "55837b6b7b47daa717f2d9a5a03563ea0ceaa338d06a81a1e2d3f060d960decc", size: Bytes(63_461_052),
      library: "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so", licenceFile: nil,
      licence: "the file states none; by The OpenXLA Authors, whose sources are under the Apache License 2.0"),
  ]

  /// The release of a kind with `version`; with nil, the default.
  ///
  /// - Throws: `PluginInstallError.unknownVersion`.
  public static func find(_ kind: PluginKind, version: String? = nil) throws(PluginInstallError) -> PluginRelease {
    let some = all.filter { $0.kind == kind }
    guard let found = some.first(where: { version == nil || $0.version == version }) else {
      throw .unknownVersion(kind: kind, version: version ?? "", known: some.map(\.version))
    }
    return found
  }

  /// pip's name for the wheel's platform: the last part of the file name.
  var platform: String {
    String(wheel.split(separator: "-").last.map { $0.prefix { $0 != "." } } ?? "")
  }
}
