/// An error returned by a function of a plugin.
public struct PJRTError: Error, Sendable, Hashable, Codable {
  /// The kind of error.
  public var code: Code
  /// The plugin's message.
  public var message: String

  /// An error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// Kinds of errors.
  ///
  /// Source: abseil.io/docs/cpp/guides/status-codes.
  public enum Code: Int, Sendable, Hashable, Codable {
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    /// The program does not fit the device.
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case internalError = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16
  }
}

extension PJRTError: CustomStringConvertible {
  /// The plugin's message, which usually begins with the kind.
  public var description: String { message.isEmpty ? "\(code)" : message }
}

/// Why a file cannot be used as a plugin.
public enum PluginError: Error, Sendable, Hashable, Codable {
  /// There is no such file.
  case missing(path: String)
  /// The system cannot load it.
  case notALibrary(path: String, reason: String)
  /// It is a library but not a plugin.
  case notAPlugin(path: String, reason: String)
  /// Its interface has a version that this program does not support.
  case version(path: String, major: Int, minor: Int)
  /// The Python of this machine has no libtpu.
  case noPackage(python: String, problem: String)
}

extension PluginError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .missing(let path):
      "\(path) is missing: install a plugin with `shapefinder plugin install tpu`, or name its library"
    case .notALibrary(let path, let reason): "\(path) cannot be loaded: \(reason)"
    case .notAPlugin(let path, let reason): "\(path) is a library but no PJRT plugin: \(reason)"
    case .version(let path, let major, let minor):
      "\(path) speaks version \(major).\(minor) of the PJRT interface: version \(PJRTPlugin.major).\(PJRTPlugin.leastMinor) or later "
        + (major > PJRTPlugin.major
          ? "with the same first number is needed, and this one is newer than this program" : "is needed")
        + "; `shapefinder plugin install tpu` installs one that works"
    case .noPackage(let python, let problem):
      "\(python) finds no package libtpu\(problem): name the file itself, such as "
        + "--plugin /usr/lib/python3/site-packages/libtpu/libtpu.so, or a version of `shapefinder plugin list`"
    }
  }
}
