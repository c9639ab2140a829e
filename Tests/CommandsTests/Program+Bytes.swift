import Foundation
import Testing

extension Program {
  /// A process that is ready to run in the folder, in an environment of nothing but what is said here.
  func process(_ arguments: [String], environment: [String: String] = [:]) -> Process {
    let process = Process()
    process.executableURL = Self.url
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ["HOME": path(""), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]
      .merging(environment) { $1 }
    return process
  }

  /// Runs to the end, with any bytes as standard input.
  func run(_ arguments: [String], bytes: [UInt8] = [], environment: [String: String] = [:]) throws -> Answer {
    let process = process(arguments, environment: environment)
    // Files, not pipes: nothing blocks whatever the program reads and writes.
    let names = ["input", "output", "errors"].map { ".\(UUID().uuidString).\($0)" }
    for (name, content) in zip(names, [bytes, [], []]) { try write(name, content) }
    process.standardInput = try FileHandle(forReadingFrom: folder.appending(path: names[0]))
    process.standardOutput = try FileHandle(forWritingTo: folder.appending(path: names[1]))
    process.standardError = try FileHandle(forWritingTo: folder.appending(path: names[2]))
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    return Answer(status: process.terminationStatus, output: try text(names[1]), errors: try text(names[2]))
  }

  /// Writes a file in the folder.
  func write(_ name: String, _ bytes: some Sequence<UInt8>) throws {
    try Data(bytes).write(to: folder.appending(path: name))
  }

  /// Reads a file of the folder.
  func text(_ name: String) throws -> String { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }
}

extension Program.Answer {
  /// The first line of the output.
  var firstLine: Substring { output.split(separator: "\n").first ?? "" }

  /// The output as one JSON list of objects.
  func list() throws -> [[String: Any]] {
    try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]])
  }
}
