import Foundation
import Testing

@Suite final class ValidateTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  private func object(_ arguments: String...) throws -> (status: Int32, object: [String: Any]) {
    let answer = try program.run(["validate", "--format", "json"] + arguments)
    return (answer.status, try #require(try answer.lines().first))
  }

  private func rows(_ object: [String: Any], _ section: String) throws -> [[String: Any]] {
    try #require(object[section] as? [[String: Any]])
  }

  /// States something else of a tpu-v3, in a catalog of its own.
  private func state(_ text: String) throws {
    let folder = program.path("catalog/accuracy")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: folder + "/tpu-v3.yaml"))
  }

  /// The guard of the stated accuracy: with a model or with evidence that makes one of the statements false, this fails.
  @Test func everythingThatIsStatedHolds() throws {
    let (status, report) = try object()
    #expect(status == 0 && report["holds"] as? Bool == true)
    let statements = try rows(report, "statements")
    #expect(statements.count > 30)
    for statement in statements { #expect(statement["outcome"] as? String == "holds", "\(statement)") }
    // Every set of the evidence is there, and every row is counted.
    #expect(
      Set(try rows(report, "errors").compactMap { $0["set"] as? String }) == [
        "shared", "tuned", "held-out", "compiled", "measured",
      ])
    let all = try program.run("validate", "--format", "ndjson").lines()
    #expect(report["rows"] as? Int == all.count && all.count > 1000)
  }

  @Test func aStatementThatNoLongerHoldsEndsWithAnError() throws {
    try state("held-out: {source: a test, livePeak: {median: 0.00001}, verdicts: {wrong: 0}}\n")
    let answer = try program.run(
      "validate", "--set", "held-out", "--device", "tpu-v3", "--catalog", program.path("catalog"))
    #expect(answer.status == 1)
    #expect(answer.output.contains("1 of 2 statements no longer holds."), "\(answer.output)")
    #expect(answer.errors.contains("an accuracy that is stated no longer holds"))
  }

  @Test(arguments: [
    ("held-out: {source: a, livePek: {median: 0.1}}", "did you mean \"livePeak\"?"),
    ("held-out: {source: a, livePeak: {mean: 0.1}}", "known: median, ninetieth, largest"),
    ("held-out: {source: a, verdicts: {median: 0.1}}", "known: wrong, uncertain"),
    ("held-out: {source: a, livePeak: {median: 3}}", "must be a fraction"),
    ("held-out: {livePeak: {median: 0.1}}", "source must be there"),
    ("holdout: {source: a}", "did you mean \"held-out\"?"),
    ("- 1", "must be a mapping"),
  ])
  func aFileOfStatementsIsReadStrictly(text: String, problem: String) throws {
    try state(text)
    let answer = try program.run("validate", "--catalog", program.path("catalog"))
    #expect(answer.status == 65 && answer.errors.contains(problem), "\(answer.errors)")
    #expect(answer.errors.contains("accuracy/tpu-v3.yaml"))
  }

  /// What a user compiled is held against the estimates as the bundled rows are.
  @Test func aStoreIsHeldAgainstTheEstimates() throws {
    let store = program.path("own.sqlite")
    #expect(try program.run("runs", "import", Self.compiled, "--store", store).status == 0)
    let (status, report) = try object("--store", store)
    #expect(status == 0 && (report["origin"] as? String)?.hasSuffix("own.sqlite") == true)
    let own = try #require(try rows(report, "errors").first { $0["quantity"] as? String == "livePeak" })
    let bundled = try #require(
      try program.run("validate", "--set", "compiled", "--format", "ndjson").lines().filter {
        ($0["place"] as? String)?.hasPrefix("tpu-v3-agreement:") == true && $0["livePeak"] is [String: Any]
      })
    #expect(own["set"] as? String == "compiled" && own["rows"] as? Int == bundled.count)
    let empty = program.path("empty.sqlite")
    #expect(try program.run("check", "ViT-S/16", "--store", empty).status == 0)
    #expect(try program.run("enumerate", "small", "--limit", "1", "--store", empty).status == 0)
    let none = try program.run("validate", "--store", empty)
    #expect(none.status == 65 && none.errors.contains("compile or measure some first"), "\(none.errors)")
  }

  private static let compiled = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Validation/compiled/tpu-v3-agreement.ndjson").path(
      percentEncoded: false)

  /// Sizes and times at the ends of what a file can say: an answer in every form, and no trap.
  @Test func absurdEvidenceGetsAnAnswer() throws {
    let store = program.path("absurd.sqlite")
    let measured = Self.compiled.replacing("compiled/tpu-v3-agreement", with: "measured/cpu")
    let lines = try [Self.compiled, measured].flatMap { file in
      let line = try #require(String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").first)
      return try [(Int.max, 1e300, 1), (1 << 62, 1e-307, 2), (1, 1e-300, 4)].map { bytes, seconds, batch -> String in
        var row = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        row["imagesPerSecond"] = nil
        row["verdict"] = "fits"
        row["stepSeconds"] = seconds
        row["batch"] = batch
        row["memory"] = try #require(row["memory"] as? [String: Any]).mapValues { $0 is NSNull ? $0 : bytes }
        return try String(decoding: JSONSerialization.data(withJSONObject: row), as: UTF8.self)
      }
    }
    let imported = try program.run(
      "runs", "import", "-", "--store", store, input: lines.joined(separator: "\n") + "\n")
    #expect(imported.status == 0, "\(imported.errors)")
    for form in ["table", "json", "ndjson", "csv"] {
      let answer = try program.run("validate", "--store", store, "--format", form)
      #expect([0, 1].contains(answer.status) && !answer.output.isEmpty, "\(form): \(answer.status) \(answer.errors)")
    }
    #expect(try program.run("validate", "--store", store, "--svg", "-").output.hasSuffix("</svg>\n"))
    #expect([1, 65].contains(try program.run("calibrate", "--store", store).status))
  }

  /// Times measured on another machine say nothing of the machine that the device file describes.
  @Test func trialsOfAnotherMachineAreLeftOut() throws {
    let rows = try program.run("validate", "--set", "measured", "--format", "ndjson").lines()
    #expect(rows.count > 300)
    let store = program.path("other.sqlite")
    let measured = Self.compiled.replacing("compiled/tpu-v3-agreement", with: "measured/cpu")
    let text = try String(contentsOfFile: measured, encoding: .utf8).split(separator: "\n").prefix(3)
      .joined(separator: "\n").replacing("AMD EPYC", with: "Another Processor")
    #expect(try program.run("runs", "import", "-", "--store", store, input: text).status == 0)
    let answer = try program.run("validate", "--store", store)
    #expect(answer.status == 65 && answer.errors.contains("3 steps measured on another machine"), "\(answer.errors)")
  }

  @Test func rowsCarryBothSidesAndTheNaiveRule() throws {
    let row = try #require(
      try program.run("validate", "--set", "shared", "--format", "ndjson").lines().first {
        $0["total"] is [String: Any] && $0["cycles"] is [String: Any]
      })
    let total = try #require(row["total"] as? [String: Any])
    let estimated = try #require(total["estimated"] as? Double), seen = try #require(total["seen"] as? Double)
    #expect(try #require(total["error"] as? Double) == estimated / seen - 1)
    #expect(row["naiveBytes"] as? Int ?? 0 > 0 && row["stepTime"] is NSNull && row["batch"] is Int)
    let header = try #require(
      try program.run("validate", "--set", "shared", "--format", "csv").output.split(whereSeparator: \.isNewline).first)
    for column in ["place", "shape.width", "livePeak.error", "stepTime.seen", "naiveBytes"] {
      #expect(header.split(separator: ",").contains(Substring(column)), "\(column)")
    }
  }

  @Test func theDrawingIsTheSameEveryTimeAndNamesItsRows() throws {
    let first = try program.run("validate", "--evidence", "measured", "--svg", "-").output
    #expect(first == (try program.run("validate", "--evidence", "measured", "--svg", "-").output))
    #expect(
      first.hasPrefix("<svg") && first.contains("step time") && first.contains("cpu:1<") && !first.contains("cycles"))
  }

  @Test func questionsThatNoRowAnswersSayWhatThereIs() throws {
    for (words, status, problem) in [
      (["--device", "tpu-v4-core", "--evidence", "measured"], 65, "no such row for tpu-v4-core"),
      (["--device", "cpu", "--set", "shared"], 65, "it has the sets measured"),
      (["--evidence", "estimated"], 64, "takes compiled or measured"),
      (["--set", "heldout"], 64, "held-out"),
      (["--worst", "1e9"], 64, "--worst"),
      (["--svg", "x.png"], 64, "must end in .svg"),
      (["--store", "/nowhere/x.sqlite"], 1, "/nowhere/x.sqlite"),
    ] as [([String], Int32, String)] {
      let answer = try program.run(["validate"] + words)
      #expect(answer.status == status && answer.errors.contains(problem), "\(words): \(answer.status) \(answer.errors)")
    }
  }
}
