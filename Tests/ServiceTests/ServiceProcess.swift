import Foundation

/// The real service in a separate process, so that it can be killed.
final class ServiceProcess {
  let port: Int
  private let process = Process()

  /// The file with its standard error, if that is kept.
  private let errors: URL?

  /// - Parameters:
  ///   - under: shell commands that run before the shell becomes the service.
  ///   - keepsErrors: whether `log` is available.
  init(
    _ arguments: String..., environment: [String: String] = [:], under shell: String = "", keepsErrors: Bool = false
  ) throws {
    let program = URL(filePath: Shell.folder).appending(path: "shapefinder-service").path(percentEncoded: false)
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments =
      ["-c", (shell.isEmpty ? "" : shell + "; ") + "exec \"$0\" \"$@\"", program, "--port", "0"] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    process.standardOutput = output
    errors =
      keepsErrors ? FileManager.default.temporaryDirectory.appending(path: "errors-\(UUID().uuidString)") : nil
    process.standardError = FileHandle.nullDevice
    if let errors {
      try Data().write(to: errors)
      process.standardError = try FileHandle(forWritingTo: errors)
    }
    try process.run()
    // The service prints `http://127.0.0.1:40123/` once it listens.
    var line = ""
    while !line.hasSuffix("\n"), let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty {
      line += String(decoding: byte, as: UTF8.self)
    }
    guard let port = line.split(separator: ":").last.flatMap({ Int($0.prefix { $0.isNumber }) }) else {
      throw Wire.Failure(what: "the service did not start: \(line)")
    }
    self.port = port
  }

  /// Sends a signal and waits for the process to exit.
  @discardableResult
  func end(_ signal: Int32 = SIGTERM) -> Int32 {
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Its standard error so far.
  var log: String { errors.flatMap { try? String(contentsOf: $0, encoding: .utf8) } ?? "" }

  /// Its current memory in bytes.
  ///
  /// Source: proc_pid_statm(5).
  var residentBytes: Int {
    let text = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/statm", encoding: .ascii)) ?? ""
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * sysconf(Int32(_SC_PAGESIZE))
  }

  deinit {
    if process.isRunning { end(SIGKILL) }
    if let errors { try? FileManager.default.removeItem(at: errors) }
  }
}
