import Foundation
import VisionTransformer

/// Why a plugin was not installed.
public enum PluginInstallError: Error, Sendable, Hashable {
  /// The version is not pinned.
  case unknownVersion(kind: PluginKind, version: String, known: [String])
  /// Python or pip is missing.
  case missingPip
  /// pip could not download the file.
  case download(release: String, status: Int32)
  /// The file's hash is not the pinned one.
  case hash(file: String, expected: String, found: String)
  /// The file lacks an expected part, or cannot be unpacked.
  case unpacking(file: String, problem: String)
  /// The cache cannot be written.
  case folder(path: String, problem: String)
}

extension PluginInstallError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .unknownVersion(let kind, let version, let known):
      "\(LooseValue.string(version)) is no version of the \(kind.rawValue) plugin that can be installed: there are "
        + known.joined(separator: ", ")
    case .missingPip:
      "python3 with pip is missing, which fetches the plugin: install it with `apt-get install python3-pip`"
    case .download(let release, let status):
      "pip could not fetch \(release) (exit code \(status)); it says why above"
    case .hash(let file, let expected, let found):
      "\(file) is not the file that is expected, and was not installed: its SHA-256 is \(found) and not \(expected)"
    case .unpacking(let file, let problem): "\(file) cannot be unpacked: \(problem)"
    case .folder(let path, let problem): "\(path) cannot be written: \(problem)"
    }
  }
}

/// Downloads a release with pip, verifies it and unpacks its library.
public struct PluginInstaller: Sendable {
  /// The folder that it unpacks to.
  public let directory: PluginDirectory
  /// The Python that downloads and unpacks.
  public let python: String

  /// Installs into `directory`.
  public init(_ directory: PluginDirectory = .standard, python: String = "python3") {
    self.directory = directory
    self.python = python
  }

  /// Installs `release` unless it is already installed.
  ///
  /// pip's output goes to standard error. The library appears complete or not at all.
  ///
  /// - Throws: `PluginInstallError`.
  @discardableResult
  public func install(_ release: PluginRelease, again: Bool = false) throws(PluginInstallError) -> InstalledPlugin {
    let folder = directory.folder(of: release)
    let plugin = InstalledPlugin(
      kind: release.kind, title: release.title, version: release.version, library: directory.library(of: release))
    if !again, FileManager.default.fileExists(atPath: plugin.library) { return plugin }
    let work = directory.path + "/.partial-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: work) }
    do {
      try FileManager.default.createDirectory(atPath: work + "/unpacked", withIntermediateDirectories: true)
    } catch {
      throw .folder(path: directory.path, problem: error.localizedDescription)
    }
    try fetch(release, into: work)
    let wheel = work + "/" + release.wheel
    let found = try Self.hash(of: wheel)
    guard found == release.sha256 else {
      throw .hash(file: release.wheel, expected: release.sha256, found: found)
    }
    try unpack(release, wheel: wheel, into: work + "/unpacked")
    do {
      if FileManager.default.fileExists(atPath: folder) { try FileManager.default.removeItem(atPath: folder) }
      try FileManager.default.moveItem(atPath: work + "/unpacked", toPath: folder)
    } catch {
      throw .folder(path: folder, problem: error.localizedDescription)
    }
    return plugin
  }

  private func fetch(_ release: PluginRelease, into folder: String) throws(PluginInstallError) {
    guard run(["-m", "pip", "--version"], quiet: true) == 0 else { throw .missingPip }
    // The library is the same for every Python; the file is named after one version.
    let status = run([
      "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--python-version", "3.11", "--platform",
      release.platform, "--disable-pip-version-check", "--no-cache-dir", "--dest", folder,
      "\(release.package)==\(release.version)",
    ])
    guard status == 0 else { throw .download(release: release.title, status: status) }
    guard FileManager.default.fileExists(atPath: folder + "/" + release.wheel) else {
      throw .unpacking(file: release.wheel, problem: "pip fetched another file in its place")
    }
  }

  private func unpack(_ release: PluginRelease, wheel: String, into folder: String) throws(PluginInstallError) {
    // A wheel is a zip archive.
    let script = """
      import shutil, sys, zipfile
      try:
          with zipfile.ZipFile(sys.argv[1]) as wheel:
              for name in sys.argv[3:]:
                  with wheel.open(name) as member, open(sys.argv[2] + "/" + name.split("/")[-1], "wb") as file:
                      shutil.copyfileobj(member, file, 1 << 20)
      except Exception as error:
          sys.exit(str(error))
      """
    let names = [release.library] + (release.licenceFile.map { [$0] } ?? [])
    let status = run(["-c", script, wheel, folder] + names)
    guard status == 0 else { throw .unpacking(file: release.wheel, problem: "Python ended with exit code \(status)") }
  }

  /// Runs Python isolated from the current folder, the user's own modules and `PYTHON` variables, so that a stray
  /// `pip.py` is not run. Its output goes to standard error.
  ///
  /// - Returns: its exit code; 127 if it is not installed.
  private func run(_ arguments: [String], quiet: Bool = false) -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [python, "-I"] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = quiet ? FileHandle.nullDevice : FileHandle.standardError
    process.standardError = quiet ? FileHandle.nullDevice : FileHandle.standardError
    do { try process.run() } catch { return 127 }
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// SHA-256 of a file.
  static func hash(of path: String) throws(PluginInstallError) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { throw .folder(path: path, problem: "it cannot be read") }
    defer { try? file.close() }
    var hash = SHA256()
    do {
      while let part = try file.read(upToCount: 1 << 20), !part.isEmpty { part.withUnsafeBytes { hash.update($0) } }
    } catch {
      throw .folder(path: path, problem: error.localizedDescription)
    }
    return hash.hexadecimal()
  }
}
