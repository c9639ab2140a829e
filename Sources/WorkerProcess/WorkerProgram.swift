import CProcess
import Foundation

/// The worker's executable file.
public struct WorkerProgram: Sendable, Hashable {
  /// Name of the file, which is beside the program's.
  public static let name = "shapefinder-worker"
  /// The environment variable that overrides the file's path.
  public static let variable = "SHAPEFINDER_WORKER"

  /// Its path.
  public let path: String

  /// The file at `path`.
  ///
  /// - Throws: `WorkerError.missingWorker`.
  public init(path: String) throws(WorkerError) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue,
      access(path, X_OK) == 0
    else { throw .missingWorker(path: path) }
    self.path = path
  }

  /// The file named in the environment, otherwise the one beside the running program.
  ///
  /// - Throws: `WorkerError.missingWorker`.
  public static func find(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(WorkerError) -> WorkerProgram {
    if let path = environment[variable], !path.isEmpty { return try WorkerProgram(path: path) }
    return try WorkerProgram(path: beside(name))
  }

  /// The path of a file with that name beside the running program; if the program is a symbolic link, beside its
  /// target.
  public static func beside(_ name: String) -> String {
    let own =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? Bundle.main.executablePath ?? CommandLine.arguments.first ?? ""
    return String(own.prefix(upTo: own.lastIndex(of: "/") ?? own.startIndex)) + "/" + name
  }

  /// A started worker with the parent's ends of its pipes.
  public struct Started: Sendable {
    /// Its process.
    public var process: pid_t
    /// Its standard input, to be written.
    var input: Int32
    /// Its standard output and error, to be read.
    var output: Int32
    var errors: Int32
  }

  /// The environment variable with the parent's process ID, so that a worker can tell whether its parent is alive.
  public static let parentVariable = "SHAPEFINDER_WORKER_PARENT"

  /// Makes this process end with its parent, if a parent started it as a worker through that variable.
  ///
  /// - Returns: false if the parent is already gone.
  public static func livesWithParent(
    parent: String? = getenv(parentVariable).map { String(cString: $0) }
  ) -> Bool {
    guard let parent = parent.flatMap({ pid_t($0) }) else { return true }
    return sfp_die_with_parent(parent)
  }

  /// Starts the worker with `arguments`, in this process's environment with `additions`.
  ///
  /// Start it from a thread that lives as long as the worker should: a worker dies with the thread that started it.
  ///
  /// - Throws: `WorkerError.cannotStart`.
  public func start(_ arguments: [String], environment additions: [String: String] = [:]) throws(WorkerError) -> Started
  {
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
    environment.merge(additions) { $1 }
    environment[Self.parentVariable] = "\(getpid())"
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

  /// A pipe that no other child inherits, with descriptors above the standard ones.
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

  /// Strings in the form of a C list.
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
