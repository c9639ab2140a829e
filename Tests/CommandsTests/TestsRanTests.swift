import Foundation
import Testing

/// What `make test` shows of a run.
@Suite final class TestsRanTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  private func shown(_ log: String) throws -> Program.Answer {
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.ci/tests-ran")
      .standardized
    let folder = program.folder.appending(path: ".ci")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let copy = folder.appending(path: "tests-ran")
    if !FileManager.default.fileExists(atPath: copy.path) { try FileManager.default.copyItem(at: script, to: copy) }
    try program.write("log", Data(log.utf8))
    return try program.shell(".ci/tests-ran cat log")
  }

  @Test func argumentsThatSpeakOfErrorsAreNoFailures() throws {
    let answer = try shown(
      """
      ◇ Test run started.
      ◇ Test case passing 1 argument message → "step.mlir:1:1: error: no
      <unknown>:0: error: Failed to parse
      error: the shape is unknown
      warning: crashed Fatally" to aRefusalSaysWhatToDo(message:) started.
      ✔ Test aRefusalSaysWhatToDo(message:) passed after 0.1 seconds.
      ✔ Test run with 1 test in 1 suite passed after 0.1 seconds.

      """)
    #expect(answer.status == 0)
    #expect(answer.output == "✔ Test run with 1 test in 1 suite passed after 0.1 seconds.\n")
  }

  @Test func failuresBuildErrorsAndCrashesAreShown() throws {
    let log = """
      Sources/A.swift:1:1: error: cannot find 'a' in scope
      ◇ Test run started.
      ✘ Test a() recorded an issue at A.swift:3:5: Expectation failed
      ↳ why it is so
      ✔ Test b() passed after 0.1 seconds.
      A.swift:7: Fatal error: Index out of range
      error: Exited with unexpected signal code 4

      """
    let answer = try shown(log)
    let quiet = ["◇ Test run started.", "✔ Test b() passed after 0.1 seconds."]
    #expect(
      answer.output == log.split(separator: "\n").filter { !quiet.contains("\($0)") }.joined(separator: "\n") + "\n")
    // No test ran to the end.
    #expect(answer.status == 1)
  }
}
