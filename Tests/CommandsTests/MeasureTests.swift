import Evidence
import EvidenceStore
import Foundation
import Measurement
import Testing
import VisionTransformer

@Suite final class MeasureTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  // MARK: - One shape

  @Test func verdictTimesAndBytesOfRealSteps() throws {
    let answer = try program.measure("--depth", "2", "--store", "s.sqlite")
    #expect(answer.status == 0, "\(answer.errors)")
    #expect(answer.firstLine.hasPrefix("32x2x64 h1 /16 fits cpu: "))
    for word in [
      "forward", "backward", "update", "step", "images/s", "GFLOP/s", "optimizer state", "planned", "taken",
      "resident above the baseline", "2 after 1 of warm-up", "estimated", "1 thread",
    ] { #expect(answer.output.contains(word), "\(word)") }
    #expect(answer.errors.contains("as run 1: 1 new"))
  }

  @Test func theResultIsOneOfTheContractAndTheReportIsItsDetail() throws {
    let answer = try program.measure("--depth", "2", "--store", "s.sqlite", "--format", "json")
    let row = try #require(try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any])
    #expect(row["evidence"] as? String == "measured" && row["verdict"] as? String == "fits")
    #expect(row["device"] as? String == "cpu" && row["precision"] as? String == "float32")
    #expect(row["dataParallel"] as? Int == 1)
    let provenance = try #require(row["provenance"] as? [String: Any])
    #expect(provenance["source"] as? String == TrialOutcome.source)
    #expect((provenance["speaksFor"] as? String)?.contains(", 1 thread, ") == true)
    #expect(provenance["host"] as? String == RunDescription.thisHost)

    let store = try EvidenceStore.open(path: program.path("s.sqlite"), mode: .readOnly)
    let stored = try #require(try store.results().nextStored())
    let detail = try #require(try store.details(of: stored.id).first)
    #expect(detail.aspect.rawValue == "trial")
    let report = try TrialReport(json: detail.json)
    #expect(report.steps.count == 2 && report.warmUp.count == 1 && report.threads == 1)
    #expect(report.step.median == stored.result.stepSeconds)
    #expect(report.steps.allSatisfy { $0.forward.value > 0 && $0.backward.value > 0 && $0.update.value > 0 })
    // Steps go on from each other: the loss falls.
    #expect(report.steps[1].loss < report.warmUp[0].loss)
    let memory = stored.result.memory
    #expect(memory.total == report.planned && report.parts.total == report.planned)
    #expect(report.highWater <= report.planned)
    // Pages that are never touched are never taken: up to one at each end, and those that lie in gaps between buffers.
    #expect(report.highWater.count > report.planned.count - 4 * 4096)
    let parts = [
      memory.parameters, memory.optimizerState, memory.inputs, memory.activations, memory.gradients, memory.workspace,
      memory.packing,
    ].compactMap(\.self).reduce(Bytes.zero, +)
    #expect(parts == memory.total)
    // Four bytes each, and every tensor from a cache line on.
    let parameters = try #require(memory.parameters?.count) - 4 * stored.result.parameterCount
    #expect((0..<64 * 64).contains(parameters))
  }

  @Test func knownAnswersAreNotMeasuredAgainUnlessRequested() throws {
    _ = try program.measure("--depth", "1", "--store", "s.sqlite")
    let known = try program.measure("--depth", "1", "--store", "s.sqlite")
    #expect(known.status == 0)
    #expect(known.errors.contains("known from "))
    #expect(known.output.contains("2 after 1 of warm-up"))
    try program.holds(1)
    #expect(try program.sqlite("s.sqlite", "SELECT count(*) FROM trial") == "1")
    #expect(try program.sqlite("s.sqlite", "SELECT new_rows, confirmed_rows FROM run WHERE id = 2") == "0|1")
    let again = try program.measure("--depth", "1", "--store", "s.sqlite", "--again")
    #expect(again.errors.contains("1 new, 1 of them with other values than before"))
    #expect(try program.sqlite("s.sqlite", "SELECT max(revision), count(*) FROM evidence") == "2|2")
    // Other threads are another machine.
    let other = try program.run(
      ["measure", "--depth", "1"] + Program.tinyShape + [
        "--image-size", "32", "--batch", "2", "--classes", "10", "--threads", "2", "--steps", "1", "--store",
        "s.sqlite",
      ])
    #expect(other.errors.contains("1 new"))
  }

  @Test func withoutAStoreNothingIsKeptOrKnown() throws {
    #expect(try program.measure("--depth", "1", "--no-store").status == 0)
    #expect(!FileManager.default.fileExists(atPath: program.path(".local")))
    #expect(try program.measure("--depth", "1", "--no-store").errors.isEmpty)
  }

  @Test func aLimitTooSmallForEvenTheParametersIsAVerdict() throws {
    let answer = try program.measure("--depth", "1", "--memory-limit", "1000B", "--store", "s.sqlite")
    #expect(answer.status == 3, "\(answer.errors)")
    #expect(answer.firstLine.contains("does not fit cpu") && answer.firstLine.contains(" over ("))
    #expect(try program.sqlite("s.sqlite", "SELECT outcome, why FROM trials") == "does-not-fit|")
    #expect(
      try program.sqlite(
        "s.sqlite", "SELECT verdict, limit_bytes, total_bytes > 100000, step_seconds IS NULL FROM evidence")
        == "does-not-fit|1000|1|1")
    let known = try program.measure("--depth", "1", "--memory-limit", "1000B", "--store", "s.sqlite")
    #expect(known.status == 3 && known.errors.contains("known from"))
    try program.holds(1)
  }

  @Test func theLimitIsTheVerdictsEdge() throws {
    let free = try program.measure("--depth", "2", "--no-store", "--format", "json")
    let row = try #require(try JSONSerialization.jsonObject(with: Data(free.output.utf8)) as? [String: Any])
    let total = try #require((row["memory"] as? [String: Any])?["total"] as? Int)
    #expect(try program.measure("--depth", "2", "--no-store", "--memory-limit", "\(total)B").status == 0)
    #expect(try program.measure("--depth", "2", "--no-store", "--memory-limit", "\(total - 1)B").status == 3)
  }

  @Test(arguments: [
    (["ViT-Ti/16", "--precision", "bfloat16"], "--precision: bfloat16"),
    (["ViT-Ti/16", "--device", "tpu-v3"], "--device"),
    (["ViT-Ti/16", "--data-parallel", "8"], "--data-parallel"), (["ViT-Ti/16", "--layers", "scanned"], "--layers"),
    (["ViT-Ti/16", "--depth", "1..3"], "--depth 1..3"), (["ViT-Ti/16", "--grid", "cpu"], "--grid"),
    ([], "nothing to measure"),
    (["--width", "32"], "missing: --depth"), (["--grid", "cpus"], "cpu"), (["ViT-Ti/16", "--steps", "0"], "--steps"),
    (["ViT-Ti/16", "--threads", "0"], "--threads"),
    (["ViT-Ti/16", "--repeat-disturbed", "-1"], "--repeat-disturbed"),
    (["ViT-Ti/16", "--repeat-disturbed", "101"], "--repeat-disturbed"), (["ViT-Ti/16", "--timeout", "0"], "--timeout"),
    (["--grid", "figure8"], "--precision"), (["--configurations", "x", "--batch", "2"], "--configurations"),
  ])
  func aWrongQuestionNamesTheOption(arguments: [String], name: String) throws {
    let answer = try program.run(["measure"] + arguments)
    #expect(answer.status == 64)
    #expect(answer.errors.contains(name), "\(answer.errors)")
    #expect(answer.output.isEmpty)
  }

  // MARK: - Yardstick

  @Test func everyTrialIsHeldAgainstAYardstickThatTheNextRunKnows() throws {
    let first = try program.sweep(2, "--store", "s.sqlite", "--format", "ndjson")
    #expect(first.status == 0, "\(first.errors)")
    let sql = "SELECT count(*), count(yardstick), min(yardstick) >= 1, min(tries) FROM trials"
    #expect(try program.sqlite("s.sqlite", sql) == "2|2|1|1")
    let best = "SELECT min(content ->> '$.yardstick.best') FROM evidence_detail"
    // As if this machine had been a thousand times as fast once: now every trial is disturbed, and measured again.
    _ = try program.sqlite(
      "s.sqlite",
      "UPDATE evidence_detail SET content = json_set(content, '$.yardstick.best', (\(best)) / 1000) WHERE rowid = 1")
    let second = try program.sweep(3, "--store", "s.sqlite", "--repeat-disturbed", "1", "--format", "ndjson")
    #expect(second.status == 0, "\(second.errors)")
    #expect(second.errors.contains("2 known already; 1 measured more than once"), "\(second.errors)")
    let row = try #require(try second.lines().last)
    let notes = try #require((row["provenance"] as? [String: Any])?["notes"] as? [String])
    #expect(notes.count == 2 && notes[0].contains("the reference loop (copy of "))
    #expect(notes[1] == "measured 2 times; the least disturbed trial is kept")
    // One trial in the store, which tells of both; and the sweep that goes on keeps it as it is.
    let tries = "SELECT count(*), max(tries) FROM trials"
    #expect(try program.sqlite("s.sqlite", tries) == "3|2")
    let third = try program.sweep(3, "--store", "s.sqlite", "--repeat-disturbed", "1")
    #expect(third.errors.contains("3 configurations, 3 of them known already"), "\(third.errors)")
    #expect(third.errors.contains(" 2 tries  disturbed (reference loop "))
    // Marked in the table, on the map under it, and in the store's own map and view.
    #expect(third.output.split(separator: "\n").contains { $0.hasSuffix("disturbed") })
    let sign = "*    fits; its speed was measured beside something else"
    #expect(third.output.contains(sign))
    #expect(try program.run("map", "--from-store", "--store", "s.sqlite").output.contains(sign))
    #expect(try program.sqlite("s.sqlite", "SELECT count(disturbed) >= 1 FROM trials") == "1")
    #expect(try program.sqlite("s.sqlite", tries) == "3|2")
    try program.holds(3)
  }

  // MARK: - Lines

  @Test func linesAreAnsweredInOrderAndABadOneGivesAnError() throws {
    let shape = #""shape":{"width":32,"depth":1,"mlpWidth":64,"heads":1,"patch":16},"imageSize":32,"batch":2"#
    let input = """
      {\(shape),"classes":10}
      {"shape":"ViT-Q"}

      {\(shape),"classes":10,"precision":"bfloat16"}
      {\(shape),"classes":10,"memoryLimit":"1KiB"}
      no JSON
      {\(shape),"classes":11,"optimizer":"adam","head":"token"}
      """
    let answer = try program.run(
      "measure", "--configurations", "-", "--threads", "1", "--steps", "1", "--store", "s.sqlite", input: input)
    #expect(answer.status == 65)
    let rows = try answer.lines()
    #expect(
      rows.map { $0["verdict"] as? String ?? "error" } == ["fits", "error", "error", "does-not-fit", "error", "fits"])
    #expect(rows.compactMap { ($0["error"] as? [String: Any])?["line"] as? Int } == [2, 4, 6])
    #expect((rows[2]["error"] as? [String: Any])?["key"] as? String == "precision")
    #expect(rows[5]["classes"] as? Int == 11)
    #expect(answer.errors.contains("3 of 6 lines failed"))
    try program.holds(3)
  }

  // MARK: - Grids

  @Test func aGridIsMeasuredInItsOrder() throws {
    let answer = try program.sweep(3, "--store", "s.sqlite", "--format", "ndjson")
    #expect(answer.status == 0, "\(answer.errors)")
    let widths = try answer.lines().map { ($0["shape"] as? [String: Any])?["mlpWidth"] as? Int }
    #expect(widths == [8, 16, 24])
    #expect(answer.errors.contains("1 of 3  32x1x8 h1 /16  fits"))
    #expect(answer.errors.contains("3 configurations: 3 fit; "))
    let table = try program.sweep(4, "--store", "s.sqlite")
    #expect(table.output.contains("shapes on cpu: 2 images, 32 px, patch 16"))
    #expect(table.output.contains("images/s"))
    #expect(table.errors.contains("4 configurations, 3 of them known already"))
    try program.holds(4)
    // What was measured is drawn as a map, too.
    let map = try program.run("map", "--from-store", "--store", "s.sqlite")
    #expect(map.status == 0 && map.output.contains("measured by \(TrialOutcome.source)"))
  }

  @Test func aGridInWhichNothingFitsSaysSo() throws {
    let answer = try program.sweep(2, "--store", "s.sqlite", "--memory-limit", "1000B")
    #expect(answer.status == 3)
    #expect(answer.errors.contains("2 configurations: 0 fit, 2 do not fit"))
  }

  @Test func theCatalogsGridIsMeasuredWithItsOwnSetting() throws {
    let answer = try program.run(
      "measure", "--grid", "cpu", "--depth", "1", "--width", "64", "--heads", "1", "--mlp-width", "2x", "--patch", "16",
      "--batch", "2", "--image-size", "64", "--threads", "1", "--steps", "1", "--no-store", "--format", "ndjson")
    let rows = try answer.lines()
    #expect(rows.count == 1)
    #expect(rows.first?["classes"] as? Int == 1000 && rows.first?["optimizer"] as? String == "adam")
    #expect(rows.first?["device"] as? String == "cpu")
  }

  // MARK: - The worker's service

  @Test func theServiceAnswersStepByStep() throws {
    let request =
      #"{"configuration":{"shape":{"width":32,"depth":1,"mlpWidth":64,"heads":1,"patch":16},"imageSize":32,"classes":10},"threads":1}"#
    let answer = try program.shell(
      "printf '%s\\n' '\(request)' step step memory replay nonsense quit step | '\(Program.worker.path(percentEncoded: false))' serve"
    )
    #expect(answer.status == 0, "\(answer.errors)")
    let rows = try answer.lines()
    #expect(rows.count == 6)
    #expect(rows[0]["ready"] as? Bool == true)
    #expect((rows[0]["plannedBytes"] as? Int ?? 0) > 100_000)
    let first = try #require(rows[1]["loss"] as? Double), second = try #require(rows[2]["loss"] as? Double)
    #expect(second < first)
    let seconds = try #require(rows[1]["seconds"] as? Double)
    let sum = ["forward", "backward", "update"].reduce(0.0) { $0 + (rows[1][$1] as? Double ?? .nan) }
    #expect((sum - seconds).magnitude < 1e-9)
    #expect(rows[3]["highWaterBytes"] as? Int != nil)
    #expect((rows[4]["replaySeconds"] as? Double ?? 0) > 0 || rows[4]["error"] != nil)
    #expect((rows[5]["error"] as? String)?.contains("nonsense") == true)
  }
}
