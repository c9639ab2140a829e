import Foundation

/// Which library a user means by a plugin.
public enum PluginChoice: Sendable, Hashable {
  /// A pinned release, by its version.
  case version(String)
  /// A file.
  case file(String)
  /// The package that Python has on this machine.
  case package

  /// The word for the installed package.
  public static let packageWord = "libtpu"

  /// Reads `0.0.52`, a path (anything with a slash, or ending in `.so`), or `libtpu`.
  public init(_ text: String) {
    if text == Self.packageWord {
      self = .package
    } else {
      self = text.contains("/") || text.hasSuffix(".so") ? .file(text) : .version(text)
    }
  }

  /// The library of a plugin for TPUs.
  ///
  /// - Throws: `PluginInstallError` for a version that is not pinned, `PluginMissing` for one that is not installed,
  ///   `PluginError` for a file that is none.
  public func plugin(in directory: PluginDirectory = .standard) throws -> InstalledPlugin {
    switch self {
    case .version(let version):
      _ = try PluginRelease.find(.tpu, version: version)
      return try directory.find(.tpu, version: version)
    case .file(let path): return try InstalledPlugin(kind: .tpu, path: path).identified()
    case .package: return try InstalledPlugin(kind: .tpu, path: PythonPackage.library()).identified()
    }
  }
}

/// The package `libtpu` of this machine's Python, which a TPU VM has.
enum PythonPackage {
  /// The variable that names the library instead, for JAX and for the package itself.
  static let variable = "TPU_LIBRARY_PATH"

  /// The library of the installed package. The package is looked up and not imported.
  ///
  /// - Throws: `PluginError.noPackage`.
  static func library(
    python: String = "python3", environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(PluginError) -> String {
    if let path = environment[variable], !path.isEmpty { return path }
    // A folder of that name in the current one is no package.
    let script = """
      import sys
      sys.path = [path for path in sys.path if path]
      import importlib.util
      found = importlib.util.find_spec("\(PluginChoice.packageWord)")
      places = list(found.submodule_search_locations or []) if found else []
      sys.stdout.write(places[0] if places else "")
      """
    let process = Process(), output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [python, "-c", script]
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { throw .noPackage(python: python, problem: "") }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0, !text.isEmpty else {
      let isMissing = process.terminationStatus == 127
      throw .noPackage(python: python, problem: isMissing ? ", because it is not installed" : "")
    }
    return text + "/libtpu.so"
  }
}
