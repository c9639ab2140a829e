import Foundation
import Testing

/// A line that cannot be answered. The log of a test run shows its name: some are megabytes.
struct BadLine: Sendable, CustomTestStringConvertible {
  var name: String
  var bytes: [UInt8]
  /// What the answer must say.
  var message: String

  init(_ name: String, _ bytes: [UInt8], _ message: String) {
    self.name = name
    self.bytes = bytes
    self.message = message
  }

  var testDescription: String { name }
}

/// `check --configurations`: NDJSON in, NDJSON out.
@Suite final class CheckLinesTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  @Test func rowsOfATableSayTheirDeviceWhereDevicesDiffer() throws {
    func table(_ devices: String...) throws -> String {
      let lines = devices.map { "{\"shape\": \"ViT-S/16\", \"device\": \"\($0)\"}\n" }
      let answer = try program.run(
        "check", "--configurations", "-", "--format", "table", "--no-store", input: lines.joined(),
        environment: ["COLUMNS": "60"])
      #expect(answer.status == 0, "\(answer.errors)")
      return answer.output
    }
    let several = try table("tpu-v3", "tpu-v4"), one = try table("tpu-v3", "tpu-v3")
    #expect(several.contains("tpu-v3 ") && several.contains("tpu-v4 "))
    #expect(!one.contains("tpu-v3"))
  }

  @Test func aMemoryLimitIsReadAlikeOnTheCommandLineAndInJSON() throws {
    for text in ["1e10", "1.6E10", "16000000000.0"] {
      let option = try program.run("check", "ViT-S/16", "--memory-limit", text, "--no-store", "--format", "json")
      let line = "{\"shape\": \"ViT-S/16\", \"memoryLimit\": \(text)}"
      let json = try program.run("check", "--configurations", "-", "--no-store", input: line)
      #expect(option.status == 0 && json.status == 0, "\(option.errors)\(json.errors)")
      let limits = try [option, json].map { try $0.lines()[0]["memoryLimit"] as? Int }
      #expect(limits[0] == limits[1] && limits[0] != nil, "\(text): \(limits)")
    }
    let whole = try program.run("check", "ViT-S/16", "--batch", "8.0", "--no-store", "--format", "json")
    #expect(try whole.lines()[0]["batch"] as? Int == 8)
    let broken = try program.run("check", "ViT-S/16", "--batch", "8.000000000000000001", "--no-store")
    #expect(broken.status == 64 && broken.errors.contains("8.000000000000000001"), "\(broken.errors)")
  }

  private static let good = "{\"shape\": \"ViT-S/16\", \"batch\": 4}"

  static let bad: [BadLine] = [
    BadLine("unknown key", Array("{\"shape\": \"ViT-S/16\", \"bacth\": 4}".utf8), "did you mean \"batch\"?"),
    BadLine("unknown shape", Array("{\"shape\": \"ViT-Q/16\"}".utf8), "is not a known shape"),
    BadLine(
      "unknown device", Array("{\"shape\": \"ViT-S/16\", \"device\": \"tpu-v9\"}".utf8), "must be one of cpu, tpu-v2"),
    BadLine("no shape", Array("{}".utf8), "is required"),
    BadLine("no object", Array("[1, 2]".utf8), "must be an object"),
    BadLine("truncated", Array("{\"shape\": \"ViT-S/16\"".utf8), "is not JSON"),
    BadLine("not JSON", Array("ViT-S/16".utf8), "is not JSON"),
    BadLine("NaN", Array("{\"shape\": \"ViT-S/16\", \"batch\": NaN}".utf8), "is not JSON"),
    BadLine("negative", Array("{\"shape\": \"ViT-S/16\", \"batch\": -4}".utf8), "must be between 1 and"),
    BadLine("huge number", Array("{\"shape\": \"ViT-S/16\", \"batch\": 1e400}".utf8), "line 2"),
    BadLine(
      "width of 10^12",
      Array("{\"shape\":{\"width\":1000000000000,\"depth\":1,\"mlpWidth\":1,\"heads\":1,\"patch\":1}}".utf8),
      "shape.width: 1000000000000"
    ),
    BadLine(
      "heads", Array("{\"shape\":{\"width\":64,\"depth\":1,\"mlpWidth\":1,\"heads\":7,\"patch\":1}}".utf8),
      "must divide"
    ),
    BadLine("not UTF-8", [0x7B, 0xFF, 0xFE, 0x7D], "is not UTF-8"),
    BadLine("NUL", [0], "is not JSON"),
    BadLine("huge line", Array(repeating: UInt8(ascii: "x"), count: 5_000_000), "is longer than 1.00 MiB"),
    BadLine("deep", Array(String(repeating: "[", count: 100_000).utf8), "is not JSON"),
  ]

  @Test(arguments: bad) func aBadLineGetsAnErrorInItsPlace(_ bad: BadLine) throws {
    let good = Array(Self.good.utf8)
    let outcome = try program.run(
      ["check", "--configurations", "-"], bytes: good + [10] + bad.bytes + [10] + good + [10])
    #expect(outcome.status == 65)
    #expect(outcome.errors == "error: 1 of 3 lines failed; see the error at its place in the output\n")
    let answers = try outcome.lines()
    #expect(answers.count == 3)
    #expect(answers[0]["verdict"] as? String == "fits" && answers[2]["verdict"] as? String == "fits")
    let error = try #require(answers[1]["error"] as? [String: Any])
    #expect(error["line"] as? Int == 2)
    #expect((error["message"] as? String)?.contains(bad.message) == true, "\(error)")
  }

  @Test func blankLinesAndLineEndsOfOtherSystemsAreNoQuestions() throws {
    let text = "\u{FEFF}" + Self.good + "\r\n\r\n   \n\n" + Self.good
    let outcome = try program.run("check", "--configurations", "-", input: text)
    #expect(outcome.status == 0)
    #expect(try outcome.lines().count == 2)
    let nothing = try program.run("check", "--configurations", "-")
    #expect(nothing.status == 0 && nothing.output.isEmpty)
  }

  /// The same two questions in every form that JSON has for them.
  @Test(arguments: [
    "{\"shape\": \"ViT-S/16\", \"batch\": 4}\n{\"shape\": \"ViT-B/16\"}",
    "{\n  \"shape\": \"ViT-S/16\",\n  \"batch\": 4\n}\n{\n  \"shape\": \"ViT-B/16\"\n}\n",
    "{\"shape\": \"ViT-S/16\",\n \"batch\": 4}\r\n{\"shape\": \"ViT-B/16\"}\r\n",
    "[{\"shape\": \"ViT-S/16\", \"batch\": 4}, {\"shape\": \"ViT-B/16\"}]",
    "\u{FEFF}[\n  {\n    \"shape\": \"ViT-S/16\",\n    \"batch\": 4\n  },\n  {\"shape\": \"ViT-B/16\"}\n]\n",
  ]) func objectsAndListsAreAnsweredLikeLines(text: String) throws {
    try program.write("q.json", text.utf8)
    let outcome = try program.run("check", "--configurations", "q.json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let answers = try outcome.lines()
    #expect(answers.map { $0["shape"] as? String } == ["ViT-S/16", "ViT-B/16"])
    #expect(answers.map { $0["batch"] as? Int } == [4, 8])
  }

  /// The configuration that the README shows, as it stands there.
  @Test func theReadmesConfigurationIsAnswered() throws {
    let readme = try String(contentsOf: Self.source.appending(path: "README.md"), encoding: .utf8)
    let block = try #require(
      readme.components(separatedBy: "```json\n").dropFirst().first?.components(separatedBy: "```").first)
    #expect(block.contains("\n "))
    let outcome = try program.run("check", "--configurations", "-", input: block)
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(try outcome.lines().allSatisfy { $0["verdict"] as? String == "fits" })
  }

  private static let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test func aBadItemOfAListIsNamedByLineAndPlace() throws {
    let text =
      "[\n  {\"shape\": \"ViT-S/16\"},\n  {\"shape\": \"ViT-S/16\", \"bacth\": 4}, {\n    \"shape\": ?},\n  {\"shape\": \"ViT-B/16\"}\n]"
    let outcome = try program.run("check", "--configurations", "-", input: text)
    #expect(outcome.status == 65)
    #expect(outcome.errors == "error: 2 of 4 questions failed; see the errors at their places in the output\n")
    let answers = try outcome.lines()
    #expect(answers.map { $0["shape"] as? String } == ["ViT-S/16", nil, nil, "ViT-B/16"])
    let errors = answers.compactMap { $0["error"] as? [String: Any] }
    #expect(errors.map { $0["line"] as? Int } == [3, 3] && errors.map { $0["item"] as? Int } == [2, 3])
    #expect((errors[0]["message"] as? String)?.hasPrefix("line 3, item 2: bacth is not a known key") == true)
    #expect(
      (errors[1]["message"] as? String)?.hasPrefix("line 3, item 3: this item is not JSON: line 4, column 14: ")
        == true)
  }

  @Test(arguments: ["shape,batch\nViT-S/16,4\n", "\u{FEFF}\"shape\";\"batch\"\r\n\"ViT-S/16\";4\r\n"])
  func csvIsToldWhatIsExpected(text: String) throws {
    try program.write("q.csv", text.utf8)
    let outcome = try program.run("check", "--configurations", "q.csv")
    #expect(outcome.status == 65)
    #expect(outcome.output.isEmpty)
    #expect(
      outcome.errors.hasPrefix("error: q.csv: line 1: is CSV, not JSON: give one object a line, such as {\"shape\": "))
  }

  @Test func theOrderIsKept() throws {
    let text = (1...2000).map { "{\"shape\":\"ViT-S/16\",\"batch\":\($0)}\n" }.joined()
    try program.write("questions.ndjson", text.utf8)
    let outcome = try program.run("check", "--configurations", "questions.ndjson")
    #expect(outcome.status == 0)
    #expect(try outcome.lines().compactMap { $0["batch"] as? Int } == Array(1...2000))
  }

  @Test func csvHasAColumnForErrors() throws {
    let outcome = try program.run(
      "check", "--configurations", "-", "--format", "csv", input: Self.good + "\nno\n")
    let lines = outcome.output.components(separatedBy: "\r\n")
    #expect(outcome.status == 65)
    #expect(lines.count == 4 && lines[0].hasSuffix(",error") && lines[1].hasSuffix(",") && lines[2].contains("line 2"))
  }

  @Test func filesThatCannotBeRead() throws {
    let missing = try program.run("check", "--configurations", "nowhere.ndjson")
    #expect(missing.status == 65)
    #expect(missing.errors == "error: nowhere.ndjson cannot be read: there is no such file\n")
    let folder = try program.run("check", "--configurations", ".")
    #expect(folder.status == 65)
    #expect(folder.errors.contains("is a directory"))
  }

  @Test func everyAnswerIsStored() throws {
    let text = Self.good + "\nnot JSON\n" + Self.good.replacing("4", with: "5") + "\n"
    let outcome = try program.run(
      "check", "--configurations", "-", "--store", "a.sqlite", input: text)
    #expect(outcome.status == 65)
    #expect(outcome.errors.contains("as run 1: 2 new"))
  }

  @Test(.timeLimit(.minutes(1))) func aWaitingReaderGetsEachAnswerAtOnce() throws {
    let process = program.process(["check", "--configurations", "-"])
    let input = Pipe(), output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    for batch in 1...3 {
      try input.fileHandleForWriting.write(contentsOf: Data("{\"shape\":\"ViT-S/16\",\"batch\":\(batch)}\n".utf8))
      // Blocks for ever unless the answer comes before the next question.
      let answer = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
      #expect(answer.contains("\"batch\":\(batch),") && answer.hasSuffix("}\n"))
    }
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  /// Hash tables have another order in every process.
  @Test func everyProcessGivesTheSameAnswers() throws {
    var questions = ""
    for head in ["token", "gap", "map"] {
      for optimizer in ["sgd", "sgd-momentum", "adam", "adam-half", "adafactor"] {
        for rematerialization in ["automatic", "full"] {
          for shape in [(1664, 16, 28, 3), (1024, 8, 16, 16)] {
            questions += """
              {"shape": {"width": \(shape.0), "depth": 6, "mlpWidth": 3760, "heads": \(shape.1), "patch": \(shape.2)}, \
              "batch": \(shape.3), "head": "\(head)", "optimizer": "\(optimizer)", \
              "rematerialization": "\(rematerialization)"}

              """
          }
        }
      }
    }
    let answers = try (1...5).map { _ in try program.run("check", "--configurations", "-", input: questions).output }
    #expect(answers[0].split(separator: "\n").count == 60)
    #expect(Set(answers).count == 1)
  }

  @Test(.timeLimit(.minutes(1))) func anInterruptKeepsWhatIsDone() throws {
    let process = program.process(["check", "--configurations", "-", "--store", "a.sqlite"])
    let input = Pipe(), output = Pipe(), errors = Pipe()
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data((Self.good + "\n").utf8))
    _ = output.fileHandleForReading.availableData
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 130)
    let said = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
    #expect(said.contains("as run 1: 1 new"))
    #expect(said.contains("interrupted: 1 configuration was answered and stored"))
  }

  @Test func aReaderThatHasGoneIsNoError() throws {
    let text = String(repeating: Self.good + "\n", count: 2000)
    try program.write("q.ndjson", text.utf8)
    let process = program.process(["check", "--configurations", "q.ndjson"])
    let output = Pipe(), errors = Pipe()
    try output.fileHandleForReading.close()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    try errors.fileHandleForWriting.close()
    #expect(try errors.fileHandleForReading.readToEnd() ?? Data() == Data())
  }

  @Test func aFullDiskIsAnError() throws {
    let process = program.process(["check", "ViT-S/16"])
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: "/dev/full"))
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 75)
    let said = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
    #expect(said == "error: cannot write the output: No space left on device\n")
  }
}
