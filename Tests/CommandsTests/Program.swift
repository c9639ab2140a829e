import Foundation
import Testing

/// The real program as a child process, beside the tests in the build folder.
struct Program {
  /// What a run of it left behind.
  struct Answer {
    var status: Int32
    var output: String
    var errors: String

    /// The output as rows of JSON, one a line.
    func lines() throws -> [[String: Any]] {
      try output.split(separator: "\n").map { line in
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      }
    }
  }

  /// The program's file.
  static let url: URL = {
    let name = "shapefinder"
    let places =
      [Bundle.main.bundleURL, Bundle.main.executableURL ?? Bundle.main.bundleURL] + Bundle.allBundles.map(\.bundleURL)
    for place in places {
      var folder = place
      for _ in 0..<4 {
        let file = folder.appending(path: name)
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: file.path(percentEncoded: false), isDirectory: &isFolder),
          !isFolder.boolValue
        {
          return file
        }
        folder = folder.deletingLastPathComponent()
      }
    }
    return URL(filePath: name)
  }()

  /// A folder of its own, which is also its HOME.
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "shapefinder-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Removes the folder.
  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// A path in the folder.
  func path(_ name: String) -> String { folder.appending(path: name).path(percentEncoded: false) }

  /// Runs the program to its end.
  func run(_ arguments: String..., input: String? = nil, environment: [String: String] = [:]) throws -> Answer {
    try start(Self.url, arguments, input: input, environment: environment).end()
  }

  /// Runs a shell script to its end; `$shapefinder` is the program.
  func shell(_ script: String) throws -> Answer {
    try start(
      URL(filePath: "/bin/bash"), ["-c", script], environment: ["shapefinder": Self.url.path(percentEncoded: false)]
    ).end()
  }

  /// The answer of the `sqlite3` shell, without its last line break.
  func sqlite(_ store: String, _ sql: String) throws -> String {
    let answer = try start(URL(filePath: "/usr/bin/env"), ["sqlite3", path(store), sql]).end()
    #expect(answer.errors == "")
    return answer.output.trimmingCharacters(in: .newlines)
  }

  /// Starts the program.
  func start(_ arguments: String...) throws -> Running { try start(Self.url, arguments) }

  private func start(
    _ program: URL, _ arguments: [String], input: String? = nil, environment: [String: String] = [:]
  ) throws -> Running {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    var own = ProcessInfo.processInfo.environment.filter {
      ![
        "SHAPEFINDER_STORE", "XDG_DATA_HOME", "COLUMNS", "TERM", "COLORTERM", "NO_COLOR", "CLICOLOR_FORCE",
      ].contains($0.key)
    }
    own["HOME"] = folder.path(percentEncoded: false)
    process.environment = own.merging(environment) { $1 }
    let name = UUID().uuidString
    func file(_ kind: String) throws -> FileHandle {
      let url = folder.appending(path: ".\(name).\(kind)")
      try Data((kind == "in" ? input ?? "" : "").utf8).write(to: url)
      return try kind == "in" ? FileHandle(forReadingFrom: url) : FileHandle(forWritingTo: url)
    }
    process.standardInput = try file("in")
    process.standardOutput = try file("out")
    process.standardError = try file("err")
    try process.run()
    return Running(process: process, base: folder.appending(path: ".\(name)"))
  }

  /// A run that goes on.
  struct Running {
    let process: Process
    let base: URL

    /// Sends a signal.
    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for its end.
    func end() throws -> Answer {
      process.waitUntilExit()
      func text(_ kind: String) throws -> String {
        String(decoding: try Data(contentsOf: base.appendingPathExtension(kind)), as: UTF8.self)
      }
      return Answer(status: process.terminationStatus, output: try text("out"), errors: try text("err"))
    }
  }
}

/// Waits until `condition` holds, for a minute at most.
func wait(until condition: () throws -> Bool) throws {
  for _ in 0..<6000 {
    if try condition() { return }
    usleep(10_000)
  }
  Issue.record("waited for a minute")
}
