import Evidence
import Foundation
import Testing
import VisionTransformer

@testable import Compilation

/// Libraries of a user's own: which file is meant, and what it is called.
final class PluginChoiceTests {
  let fake: FakePlugin
  /// What stands in the place of a library; its hash in hexadecimal and as a package records it.
  private let bytes = Array("abc".utf8)
  private let hash = "ba7816bf8f01"
  private let recorded = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"

  init() throws { fake = try FakePlugin() }
  deinit { fake.remove() }

  /// A library in a folder of packages, with the list of files that a package left.
  private func library(listing line: String? = nil, version: String = "0.0.40") throws -> String {
    let folder = fake.path("site-packages/libtpu")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: folder + "/libtpu.so"))
    if let line {
      let info = fake.path("site-packages/libtpu-\(version).dist-info")
      try FileManager.default.createDirectory(atPath: info, withIntermediateDirectories: true)
      try "libtpu/__init__.py,sha256=x,1\n\(line)\n".write(toFile: info + "/RECORD", atomically: true, encoding: .utf8)
    }
    return folder + "/libtpu.so"
  }

  @Test func aVersionAPathAndThePackageAreToldApart() {
    #expect(PluginChoice("0.0.52") == .version("0.0.52") && PluginChoice("newest") == .version("newest"))
    #expect(PluginChoice("/opt/libtpu.so") == .file("/opt/libtpu.so") && PluginChoice("./x") == .file("./x"))
    #expect(PluginChoice("libtpu.so") == .file("libtpu.so") && PluginChoice("libtpu") == .package)
  }

  @Test func theVersionIsThatOfThePackageThatHasTheFile() throws {
    let path = try library(listing: "libtpu/libtpu.so,sha256=\(recorded),3")
    let plugin = try PluginChoice(path).plugin()
    #expect(plugin.version == "0.0.40" && plugin.fingerprint == hash && plugin.library == path)
    #expect(plugin.title == "libtpu 0.0.40 (file \(hash))" && CompilerVersion.read(plugin.title) == "0.0.40")
    let provenance = plugin.provenance(CompilerOptions())
    #expect(provenance.source == "libtpu" && provenance.speaksFor == plugin.title)
    #expect(provenance.version == "0.0.40 (file \(hash)), memory fitting level 29")
    #expect(provenance.notes.count == 1)
    // By a link it is the same.
    try FileManager.default.createSymbolicLink(atPath: fake.path("link.so"), withDestinationPath: path)
    #expect(try PluginChoice(fake.path("link.so")).plugin().title == plugin.title)
  }

  @Test(arguments: [
    nil, "libtpu/libtpu.so,sha256=AAAA,3", "other/libtpu.so,sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0,3",
  ])
  func aVersionThatIsNotProvedIsNotSaid(line: String?) throws {
    let plugin = try PluginChoice(library(listing: line)).plugin()
    #expect(plugin.version == nil && plugin.title == "libtpu of unknown version (file \(hash))")
    #expect(CompilerVersion.read(plugin.title) == nil)
    let provenance = plugin.provenance(CompilerOptions())
    #expect(provenance.source == "libtpu" && provenance.version.hasPrefix("unknown (file \(hash)), "))
  }

  @Test(.enabled(if: !BuildFolder.installed(.tpu).isEmpty)) func aCopyOfAPinnedReleaseIsKnown() throws {
    let pinned = try #require(BuildFolder.installed(.tpu).first)
    let copy = fake.path("renamed.so")
    try FileManager.default.createSymbolicLink(atPath: copy, withDestinationPath: pinned.library)
    let plugin = try PluginChoice(copy).plugin()
    #expect(plugin.version == pinned.version && plugin.title != pinned.title)
    #expect(plugin.title.hasPrefix(pinned.title + " (file "))
  }

  @Test func anotherFileAtTheSamePathIsAnotherCompiler() throws {
    let path = try library()
    let first = try PluginChoice(path).plugin()
    try Data("abd".utf8).write(to: URL(filePath: path))
    #expect(try PluginChoice(path).plugin().title != first.title)
  }

  @Test func whatIsNoFileIsRefusedUnread() throws {
    #expect(throws: PluginError.missing(path: "/nowhere/libtpu.so")) { try PluginChoice("/nowhere/libtpu.so").plugin() }
    for path in ["/dev/zero", fake.path(".")] {
      #expect(throws: PluginError.notALibrary(path: path, reason: "it is no regular file")) {
        try PluginChoice(path).plugin()
      }
    }
  }

  @Test func thePackageIsThatOfPython() throws {
    let python = try fake.worker("printf /opt/site-packages/libtpu")
    #expect(try PythonPackage.library(python: python, environment: [:]) == "/opt/site-packages/libtpu/libtpu.so")
    #expect(try PythonPackage.library(python: python, environment: ["TPU_LIBRARY_PATH": "/x.so"]) == "/x.so")
    let without = try fake.worker("exit 0")
    let error = #expect(throws: PluginError.self) { try PythonPackage.library(python: without, environment: [:]) }
    #expect(error.map { "\($0)" }?.contains("--plugin /usr/lib/python3") == true)
    let missing = #expect(throws: PluginError.self) {
      try PythonPackage.library(python: "python-that-is-not-there", environment: [:])
    }
    #expect(missing.map { "\($0)" }?.contains("because it is not installed") == true)
  }

  @Test func aNewerInterfaceIsSaidToBeNewer() {
    let newer = PluginError.version(path: "x", major: 1, minor: 0),
      older = PluginError.version(path: "x", major: 0, minor: 3)
    #expect("\(newer)".contains("newer than this program") && !"\(older)".contains("newer"))
  }
}
