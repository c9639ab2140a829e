import Foundation

/// The real service as a process of its own, so that it can be killed.
final class ServiceProcess {
  let port: Int
  private let process = Process()

  init(_ arguments: String..., environment: [String: String] = [:]) throws {
    process.executableURL = URL(filePath: Shell.folder).appending(path: "shapefinder-service")
    process.arguments = ["--port", "0"] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    // `http://127.0.0.1:40123/`, once it listens.
    var line = ""
    while !line.hasSuffix("\n"), let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty {
      line += String(decoding: byte, as: UTF8.self)
    }
    guard let port = line.split(separator: ":").last.flatMap({ Int($0.prefix { $0.isNumber }) }) else {
      throw Wire.Failure(what: "the service did not start: \(line)")
    }
    self.port = port
  }

  /// Sends a signal and waits for the end.
  @discardableResult
  func end(_ signal: Int32 = SIGTERM) -> Int32 {
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    return process.terminationStatus
  }

  deinit { if process.isRunning { end(SIGKILL) } }
}
