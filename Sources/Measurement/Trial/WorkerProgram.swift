import CProcess
import Foundation
import VisionTransformer

/// Why no trial can be run at all; a trial that comes to no answer is an outcome, not an error.
public enum TrialError: Error, Sendable, Hashable {
  /// The worker is not there.
  case missingWorker(path: String)
  /// The system did not start it.
  case cannotStart(path: String, reason: String)
  /// The library for matrix products is missing; the message says how to install it.
  case missingLibrary(String)
  /// The worker does not run such a configuration.
  case refused(ConfigurationError)
  /// The worker does not say what it measures with.
  case unknownWorker(path: String, TrialFailure)
}

extension TrialError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .missingWorker(let path):
      "\(path) is missing, the program that runs trials: build it with `swift build --product \(WorkerProgram.name)`, install it "
        + "beside shapefinder with `make install`, or name it in \(WorkerProgram.variable)"
    case .cannotStart(let path, let reason): "\(path) cannot be started: \(reason)"
    case .missingLibrary(let message): message
    case .refused(let error): "\(error)"
    case .unknownWorker(let path, let failure): "\(path) does not answer: \(failure)"
    }
  }
}

/// The worker's file.
public struct WorkerProgram: Sendable, Hashable {
  /// Name of the file, beside that of the program.
  public static let name = "shapefinder-worker"
  /// The environment variable that names another file.
  public static let variable = "SHAPEFINDER_WORKER"

  /// Its path.
  public let path: String

  /// The file at `path`.
  ///
  /// - Throws: `TrialError.missingWorker`.
  public init(path: String) throws(TrialError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
      access(path, X_OK) == 0
    else { throw .missingWorker(path: path) }
    self.path = path
  }

  /// The one that the environment names, else the one beside the running program.
  ///
  /// - Throws: `TrialError.missingWorker`.
  public static func find(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(TrialError) -> WorkerProgram {
    if let path = environment[variable], !path.isEmpty { return try WorkerProgram(path: path) }
    // Where the program is a link, the worker stands beside what it leads to.
    let own =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? Bundle.main.executablePath ?? CommandLine.arguments.first ?? ""
    return try WorkerProgram(path: String(own.prefix(upTo: own.lastIndex(of: "/") ?? own.startIndex)) + "/" + name)
  }

  /// A started worker with the ends of its pipes.
  struct Started {
    var process: pid_t
    /// Its standard input, to be written.
    var input: Int32
    /// Its standard output and error, to be read.
    var output: Int32
    var errors: Int32
  }

  /// Starts the worker.
  ///
  /// - Throws: `TrialError.cannotStart`.
  func start(_ arguments: [String]) throws(TrialError) -> Started {
    var pipes: [(read: Int32, write: Int32)] = []
    func closeAll() { for pipe in pipes { for end in [pipe.read, pipe.write] { close(end) } } }
    for _ in 0..<3 {
      guard let pipe = Self.pipe() else {
        let reason = String(cString: strerror(errno))
        closeAll()
        throw .cannotStart(path: path, reason: reason)
      }
      pipes.append(pipe)
    }
    var environment = ProcessInfo.processInfo.environment
    environment[WorkerMain.parentVariable] = "\(getpid())"
    var process: pid_t = 0
    let words = Strings([path] + arguments), variables = Strings(environment.map { $0 + "=" + $1 })
    let code = sfp_spawn(
      &process, path, words.pointers, variables.pointers, pipes[0].read, pipes[1].write, pipes[2].write)
    for end in [pipes[0].read, pipes[1].write, pipes[2].write] { close(end) }
    guard code == 0 else {
      for end in [pipes[0].write, pipes[1].read, pipes[2].read] { close(end) }
      throw .cannotStart(path: path, reason: String(cString: strerror(code)))
    }
    return Started(process: process, input: pipes[0].write, output: pipes[1].read, errors: pipes[2].read)
  }

  /// A pipe that no other child inherits, above the standard descriptors.
  private static func pipe() -> (read: Int32, write: Int32)? {
    var ends: [Int32] = [-1, -1]
    guard Foundation.pipe(&ends) == 0 else { return nil }
    let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 3) }
    for end in ends { close(end) }
    guard moved.allSatisfy({ $0 >= 0 }) else {
      for end in moved where end >= 0 { close(end) }
      return nil
    }
    return (moved[0], moved[1])
  }

  /// Texts as C takes a list of them.
  private final class Strings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
      count = texts.count
      pointers = .allocate(capacity: count + 1)
      for (index, text) in texts.enumerated() { (pointers + index).initialize(to: strdup(text)) }
      (pointers + count).initialize(to: nil)
    }

    deinit {
      for index in 0..<count { free(pointers[index]) }
      pointers.deallocate()
    }
  }
}
