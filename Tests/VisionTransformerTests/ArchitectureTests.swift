import Foundation
import Testing

/// What the sources of a target may and may not have: rules of Architecture that no compiler knows.
@Suite struct ArchitectureTests {
  /// The Swift files of a folder under `Sources`, by their paths.
  private func sources(_ folder: String = "") throws -> [(path: String, text: String)] {
    let root = Article.root.appending(path: "Sources/" + folder, directoryHint: .isDirectory)
    let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    var sources: [(path: String, text: String)] = []
    for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
      let path = String(file.path.dropFirst(Article.root.path.count))
      sources.append((path, try String(contentsOf: file, encoding: .utf8)))
    }
    try #require(!sources.isEmpty)
    return sources
  }

  @Test func onlyReportingTellsOutputFormatsApart() throws {
    let choice = /(==|!=) *\.(table|json|ndjson|csv)\b|\bcase \.(table|json|ndjson|csv)\b|switch [a-z.]*[fF]ormat\b/
    // Other things that are called so, and are no forms of an answer.
    let others = [
      "Sources/Reporting/", "Sources/Compilation/", "Sources/Catalog/Models/",
      "Sources/ShapefinderService/Routes/Form.swift",
    ]
    for (path, text) in try sources() where !others.contains(where: { path.contains($0) }) {
      #expect(text.firstMatch(of: choice) == nil, "\(path) switches on an output format")
    }
    let encoder = try sources("Reporting").first { $0.path.hasSuffix("RowEncoder.swift") }
    #expect(encoder?.text.firstMatch(of: choice) != nil)
  }

  @Test func commandsParseCallAndRender() throws {
    let commands = try sources("ShapefinderCommands")
    let lines = commands.reduce(0) { $0 + $1.text.count { $0 == "\n" } }
    #expect(lines < 3500, "the commands have \(lines) lines; what neither parses nor renders belongs to Answers")
    for (path, text) in commands {
      #expect(text.firstMatch(of: /(?m)^import Estimation$/) == nil, "\(path) imports the estimator")
      let isEntry = path.hasSuffix("/Interruption.swift") || path.hasSuffix("/CommandContext.swift")
      #expect(isEntry || !text.contains(/\bInterruption\b/), "\(path) names the interruption")
    }
  }

  @Test func answersKnowNeitherParserNorTerminal() throws {
    for (path, text) in try sources("Answers") {
      for word in ["import ArgumentParser", "STDERR_FILENO", "FileDescriptorSink.standard", "CommandLine."] {
        #expect(!text.contains(word), "\(path) has \(word)")
      }
    }
  }
}
