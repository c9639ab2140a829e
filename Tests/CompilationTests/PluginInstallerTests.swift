import Foundation
import Testing
import VisionTransformer

@testable import Compilation

/// Installing with a Python that imitates pip: it "downloads" a wheel that the test has made.
final class PluginInstallerTests {
  let fake: FakePlugin
  let directory: PluginDirectory

  init() throws {
    fake = try FakePlugin()
    directory = PluginDirectory(path: fake.path("cache/plugins"))
  }
  deinit { fake.remove() }

  private static let library = "the library, or what passes for one\n"

  /// A release whose wheel pip fetches as `contents`; a hash of nil is that of the file.
  private func release(_ contents: [String: String], sha256: String? = nil) throws -> PluginRelease {
    let wheel = "thing-1.0-py3-none-manylinux_2_27_x86_64.whl"
    let folder = fake.path("wheel")
    for (name, text) in contents {
      let file = folder + "/" + name
      try FileManager.default.createDirectory(
        atPath: String(file.prefix(upTo: file.lastIndex(of: "/") ?? file.endIndex)), withIntermediateDirectories: true)
      try text.write(toFile: file, atomically: true, encoding: .utf8)
    }
    let zip = Process()
    zip.executableURL = URL(filePath: "/usr/bin/env")
    zip.arguments =
      ["python3", "-m", "zipfile", "-c", fake.path(wheel)]
      + Set(contents.keys.map { folder + "/" + $0.prefix { $0 != "/" } })
    try zip.run()
    zip.waitUntilExit()
    try #require(zip.terminationStatus == 0)
    return PluginRelease(
      kind: .cpu, package: "thing", version: "1.0", wheel: wheel,
      sha256: try sha256 ?? PluginInstaller.hash(of: fake.path(wheel)), size: Bytes(0), library: "inside/thing.so",
      licenceFile: "inside/LICENSE", licence: "free")
  }

  /// Python whose pip copies the wheel to where it is told, and ends with `status`.
  private func python(status: Int = 0) throws -> String {
    try fake.worker(
      """
      if [ "$3" != pip ]; then exec python3 "$@"; fi
      if [ "$4" = --version ]; then exit 0; fi
      [ \(status) = 0 ] || exit \(status)
      while [ "$1" != --dest ]; do shift; done
      cp '\(fake.path(""))'*.whl "$2"
      """)
  }

  private func nothingIsLeft(_ sourceLocation: SourceLocation = #_sourceLocation) {
    let left = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    #expect(left.isEmpty, sourceLocation: sourceLocation)
  }

  @Test func theLibraryAndItsLicenceAreUnpackedAndFound() throws {
    let release = try release(["inside/thing.so": Self.library, "inside/LICENSE": "free", "inside/more": "not taken"])
    let plugin = try PluginInstaller(directory, python: python()).install(release)
    #expect(try String(contentsOfFile: plugin.library, encoding: .utf8) == Self.library)
    let folder = directory.path + "/cpu-1.0"
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["LICENSE", "thing.so"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["cpu-1.0"])
    // Once it is there, nothing is fetched.
    #expect(try PluginInstaller(directory, python: "/nowhere/python").install(release) == plugin)
  }

  @Test func aFileWithAnotherHashIsNotInstalled() throws {
    let release = try release(
      ["inside/thing.so": Self.library, "inside/LICENSE": "free"], sha256: String(repeating: "0", count: 64))
    let error = #expect(throws: PluginInstallError.self) {
      try PluginInstaller(directory, python: python()).install(release)
    }
    guard case .hash(release.wheel, release.sha256, let found) = error else { return #expect(Bool(false)) }
    #expect(found.count == 64)
    nothingIsLeft()
  }

  @Test func aWheelWithoutTheLibraryIsNotInstalled() throws {
    let release = try release(["inside/LICENSE": "free"])
    let error = #expect(throws: PluginInstallError.self) {
      try PluginInstaller(directory, python: python()).install(release)
    }
    guard case .unpacking = error else { return #expect(Bool(false)) }
    nothingIsLeft()
  }

  @Test func aFailedDownloadIsNamed() throws {
    let release = try release(["inside/thing.so": Self.library])
    #expect(throws: PluginInstallError.download(release: "thing 1.0", status: 7)) {
      try PluginInstaller(directory, python: python(status: 7)).install(release)
    }
    nothingIsLeft()
  }

  @Test func aMissingPythonNamesTheCommandThatInstallsIt() throws {
    let release = try PluginRelease.find(.tpu)
    #expect(throws: PluginInstallError.missingPip) {
      try PluginInstaller(directory, python: "/nowhere/python").install(release)
    }
    #expect("\(PluginInstallError.missingPip)".contains("apt-get install python3-pip"))
    nothingIsLeft()
  }

  /// A folder may hold anything, a `pip.py` among it.
  @Test func aPipThatLiesInTheCurrentFolderIsNotRun() throws {
    let folder = fake.path("trap")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for module in ["pip", "zipfile", "shutil"] {
      try "open('\(folder)/run-\(module)', 'w')\n".write(
        toFile: folder + "/\(module).py", atomically: true, encoding: .utf8)
    }
    let release = try release(["inside/thing.so": Self.library, "inside/LICENSE": "free"])
    // The real Python in that folder, except for what pip would fetch.
    let python = try fake.worker("cd '\(folder)' && PYTHONPATH='\(folder)' exec '\(python())' \"$@\"")
    try PluginInstaller(directory, python: python).install(release)
    _ = try? PluginInstaller(directory, python: fake.worker("cd '\(folder)' && exec python3 \"$@\""))
      .install(release, again: true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("run-") } == [])
  }

  @Test func releasesArePinnedByVersionAndHash() throws {
    #expect(try PluginRelease.find(.tpu).version == "0.0.17.1")
    #expect(try PluginRelease.find(.tpu, version: "0.0.52").platform == "manylinux_2_31_x86_64")
    #expect(PluginRelease.all.allSatisfy { $0.sha256.count == 64 && $0.wheel.hasSuffix(".whl") && $0.size > .zero })
    #expect(Set(PluginRelease.all.map(\.sha256)).count == PluginRelease.all.count)
    #expect(throws: PluginInstallError.unknownVersion(kind: .cpu, version: "9", known: ["0.0.1"])) {
      try PluginRelease.find(.cpu, version: "9")
    }
  }
}
