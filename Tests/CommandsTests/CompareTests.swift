import Evidence
import EvidenceStore
import Foundation
import Testing
import VisionTransformer

/// The command `compare`, as a user calls it.
@Suite final class CompareTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  private func compare(_ words: String...) throws -> Program.Answer { try program.run(["compare"] + words) }

  /// The rows of the answer in JSON.
  private func rows(_ words: String...) throws -> [[String: Any]] {
    let answer = try program.run(["compare"] + words + ["--format", "ndjson"])
    #expect(answer.errors == "")
    return try answer.lines()
  }

  private func store(_ results: [StepResult]) throws {
    let store = try EvidenceStore.open(path: program.path("store.sqlite"), mode: .create)
    let run = try store.beginRun(RunDescription(command: "test", modelVersion: "1"))
    try store.write(run: run) { writer in for result in results { try writer.append(result) } }
    try store.finishRun(run)
    try store.close()
  }

  /// Whether a figure equals another except for the last digits of a double.
  private func isNear(_ figure: Any?, _ expected: Double) -> Bool {
    (figure as? Double).map { ($0 / expected - 1).magnitude < 1e-12 } ?? false
  }

  // MARK: The same figures

  @Test(arguments: ["tpu-v3", "tpu-v4", "cpu"]) func everyFigureIsThatOfCheck(device: String) throws {
    let run = ["--epochs", "90", "--dataset-size", "1281167"] + (device == "cpu" ? [] : ["--chips", "16"])
    let setting = ["--device", device, "--optimizer", "adam", "--batch", "16", "--image-size", "256"] + run
    let shapes = ["ViT-S/16", "ViT-L/16", "ViT-g/14"]
    let rows = try program.run(["compare"] + shapes + setting + ["--format", "ndjson"]).lines()
    #expect(rows.map { $0["shape"] as? String } == shapes)
    for (shape, row) in zip(shapes, rows) {
      let answer = try program.run(["check", shape] + setting + ["--format", "json"])
      var own = try #require(try answer.lines().first), row = row
      for key in ["changes", "settle"] { own[key] = nil }
      for key in ["toFirst", "measured", "perChip"] { #expect(row.removeValue(forKey: key) != nil) }
      #expect(own as NSDictionary == row as NSDictionary, "\(shape)")
    }
  }

  @Test func figuresInTheTableAreThoseOfTheText() throws {
    let words = ["--epochs", "300", "--dataset-size", "1.28M", "--chips", "32"]
    let table = try program.run(["compare", "ViT-g/14", "ViT-G/14"] + words).output
    for shape in ["ViT-g/14", "ViT-G/14"] {
      let text = try program.run(["check", shape] + words).output
      // The figures of one run: 75.9 hours, 202.4 core-days, 2,429 chip-hours.
      let figures = text.replacing(/\s+/, with: " ").matches(of: /([0-9.,]+) (hours|core-days|chip-hours)/)
      #expect(figures.count == 6)
      for figure in figures {
        #expect(
          table.split(separator: "\n").contains { $0.hasPrefix("  \(figure.2) ") && $0.contains(" \(figure.1)") },
          "\(figure.0)")
      }
    }
    #expect(table.contains("750,000") && table.contains("share the gradients' sum"))
    // The figures for whole runs have their own heading and state their basis.
    #expect(table.contains("\nwhole runs, as published ones: 1/0."))
    #expect(table.replacing(/\s+/, with: " ").contains("(fitted on ViT-g/14; "))
  }

  @Test func ratiosAreToTheFirstOnTheSameDevice() throws {
    let rows = try rows("B/16", "L/16", "--device", "tpu-v3", "--device", "tpu-v5e", "--examples", "1e9")
    #expect(rows.map { $0["device"] as? String } == ["tpu-v3", "tpu-v3", "tpu-v5e", "tpu-v5e"])
    for pair in [rows[0...1], rows[2...3]] {
      let first = try #require(pair.first), second = try #require(pair.last)
      #expect((first["toFirst"] as? [String: Double])?.values.allSatisfy { $0 == 1 } == true)
      let ratios = try #require(second["toFirst"] as? [String: Double])
      for key in ["parameterCount", "flopsPerImage", "stepSeconds", "imagesPerSecond"] {
        let a = try #require(first[key] as? Double), b = try #require(second[key] as? Double)
        #expect(isNear(ratios[key], b / a))
      }
    }
    // Both notations for several devices are equivalent.
    let text = try compare("B/16", "L/16", "--device", "tpu-v3,tpu-v5e").output
    #expect(text.contains("2 shapes on a tpu-v3 core: ") && text.contains("2 shapes on a tpu-v5e chip: "))
  }

  // MARK: Evidence

  @Test func compiledAndMeasuredStandBesideEachUnderItsName() throws {
    let shape = Shape(width: 384, depth: 12, mlpWidth: 1536, heads: 6, patch: 16)
    func result(_ kind: EvidenceKind, _ configuration: Configuration, _ step: Double, host: String? = nil) -> StepResult
    {
      StepResult(
        configuration: configuration, evidence: kind, verdict: .fits, parameterCount: 34_832_281,
        memory: MemoryBreakdown(total: .gibibytes(0.5), limit: .gibibytes(15.48)), flopsPerImage: FLOPs(9e9),
        stepSeconds: Seconds(step),
        provenance: Provenance(
          source: kind == .compiled ? "libtpu" : "shapefinder measurement",
          version: kind == .compiled ? "0.0.17.1, memory fitting level 29" : "1",
          speaksFor: kind == .compiled ? "libtpu 0.0.17.1" : "EPYC, 2 threads", host: host, time: "2026-01-02T03:04:05Z"
        ))
    }
    var trial = Configuration(shape: shape, shapeName: "ViT-S/16", device: "cpu")
    trial.precision = .float32
    trial.dataParallel = 1
    try store([
      result(.compiled, Configuration(shape: shape, shapeName: "ViT-S/16"), 0.01),
      result(.measured, trial, 0.5, host: "epyc"), result(.measured, trial, 0.25, host: "xeon"),
    ])
    let words = ["ViT-S/16", "ViT-B/16", "--device", "tpu-v3,cpu", "--examples", "1e6", "--store", "store.sqlite"]
    let rows = try program.run(["compare"] + words + ["--format", "ndjson"]).lines()
    let compiled = try #require(rows[0]["compiled"] as? [String: Any])
    #expect(compiled["stepSeconds"] as? Double == 0.01 && rows[0]["stepSeconds"] as? Double != 0.01)
    let training = try #require(rows[0]["training"] as? [String: Any])
    let days = try #require((training["compiled"] as? [String: Any])?["deviceDays"] as? Double)
    #expect(isNear(days, 1e6 / 8 * 0.01 / 86_400) && training["deviceDays"] as? Double != days)
    #expect(rows[1]["compiled"] is NSNull && (rows[1]["measured"] as? [Any])?.isEmpty == true)
    let measured = try #require(rows[2]["measured"] as? [[String: Any]])
    #expect(Set(measured.compactMap { $0["stepSeconds"] as? Double }) == [0.5, 0.25])
    #expect(measured.allSatisfy { $0["evidence"] as? String == "measured" })
    #expect(rows[2]["evidence"] as? String == "estimated" && rows[2]["compiled"] is NSNull)
    // The store's evidence changes no estimate.
    let alone = try program.run(["compare"] + words.dropLast(2) + ["--no-store", "--format", "ndjson"]).lines()
    #expect(alone[0]["memory"] as? NSDictionary == rows[0]["memory"] as? NSDictionary)
    #expect(alone[2]["stepSeconds"] as? Double == rows[2]["stepSeconds"] as? Double)
    let text = try program.run(["compare"] + words).output
    for heading in [
      "\nestimated; libtpu 0.0.17.1\n", "\ncompiled; libtpu 0.0.17.1\n", "\nmeasured on epyc; EPYC, 2 threads\n",
      "\nmeasured on xeon; EPYC, 2 threads\n",
    ] { #expect(text.contains(heading), "\(heading)") }
  }

  // MARK: Bad questions, and what comes of none that fits

  @Test(arguments: [
    ([], "no shapes: give names"), (["ViT-X/14", "B/16"], "shape: \"ViT-X/14\" is not a known shape"),
    (["B/16", "L/16", "B/16"], "shape: \"ViT-B/16\" stands there already"),
    (["b16", "B/16"], "shape: \"ViT-B/16\" stands there already"),
    (["B/16", "--device", "tpu-v3,v3"], "--device: \"v3\" stands there already, as tpu-v3"),
    (["B/16", "--device", "tpu-v3,"], "--device: \"\" is not valid"),
    (["B/16", "--epochs", "3"], "--epochs: 3 needs the dataset's size"),
    (["B/16", "--dataset-size", "3"], "--dataset-size: 3 needs epochs"),
    (["B/16", "--chips", "3"], "--chips: 3 needs a run"),
    (["B/16", "--examples", "1e9", "--epochs", "3"], "--examples: 1000000000 is given beside epochs"),
    (["B/16", "--examples", "1e20"], "--examples: 1e+20 is not valid"),
    (
      ["B/16", "--device", "tpu-v3,cpu", "--examples", "1e6", "--chips", "2"], "--chips: 2 is for accelerators: cpu has"
    ),
    (["B/16", "--batch", "8,9"], "--batch: 8, 9 is not valid"), (["B/16", "--no-store", "--store", "x"], "--no-store"),
    (["B/16", "--configurations", "-"], "--configurations brings its own"),
  ])
  func badQuestionsSayWhatIsWrong(words: [String], error: String) throws {
    let answer = try program.run(["compare"] + words)
    #expect(answer.status == 64 && answer.output == "")
    #expect(answer.errors.contains("error: " + error), "\(answer.errors)")
  }

  @Test func configurationsBringTheirOwnSettings() throws {
    let lines = #"{"shape": "B/16"}\#n{"shape": "B/16", "optimizer": "adam", "batch": 64}\#n"#
    let answer = try program.run("compare", "--configurations", "-", input: lines)
    #expect(answer.status == 0)
    #expect(answer.output.contains("  optimizer") && answer.output.contains("64 images a core"))
    let bad = try program.run("compare", "--configurations", "-", input: lines + #"{"shape": "Q/16"}"#)
    #expect(bad.status == 65 && bad.errors.contains("line 3: shape: \"Q/16\" is not a known shape"))
    #expect(try program.run("compare", "--configurations", "-", input: "").status == 65)
  }

  @Test func oneIsAColumnAndNoneThatFitsIsSaid() throws {
    let one = try compare("ViT-G/14")
    #expect(one.status == 0 && one.output.hasPrefix("1 shape on a tpu-v3 core: ") && !one.output.contains("×"))
    #expect(try compare("ViT-e/14", "ViT-B/16").status == 0)
    let none = try compare("ViT-e/14", "ViT-G/14", "--optimizer", "adam")
    #expect(none.status == 3 && none.errors == "" && none.output.contains("does not fit"))
  }

  @Test func aNarrowTerminalHasAShapeARow() throws {
    let shapes = ["ViT-S/16", "ViT-B/16", "ViT-L/16", "ViT-H/14", "ViT-g/14"]
    let wide = try program.run(["compare"] + shapes, environment: ["COLUMNS": "120"]).output
    let narrow = try program.run(["compare"] + shapes, environment: ["COLUMNS": "60"]).output
    #expect(wide.contains("\n  optimizer state ") && wide.contains("×"))
    for text in [(wide, 120), (narrow, 60)] {
      #expect(text.0.split(separator: "\n").allSatisfy { $0.count <= text.1 })
    }
    for shape in shapes { #expect(narrow.contains("\n\(shape) "), "\(shape)") }
    let csv = try compare("ViT-S/16", "ViT-B/16", "--format", "csv").output.components(separatedBy: "\r\n")
    #expect(csv.count == 4 && csv[0].hasSuffix("measured.host"))
  }

  // MARK: check

  @Test func checkSaysHowLongARunTakes() throws {
    let words = ["ViT-g/14", "--epochs", "300", "--dataset-size", "1.28M", "--chips", "32"]
    let text = try program.run(["check"] + words).output.replacing(/\s+/, with: " ")
    #expect(text.contains("training 300 epochs of 1,280,000 images on 32 chips (64 cores, batch 512): 750,000 steps, "))
    #expect(text.contains(" whole runs published runs on TPUv3 took 1/0."))
    let json = try #require(try program.run(["check"] + words + ["--format", "json"]).lines().first)
    let training = try #require(json["training"] as? [String: Any]), step = try #require(json["stepSeconds"] as? Double)
    #expect(training["examples"] as? Double == 384_000_000 && training["steps"] as? Int == 750_000)
    #expect(isNear(training["hours"], 750_000 * step / 3600))
    #expect(isNear(training["chipHours"], 750_000 * step * 32 / 3600))
    #expect(isNear(training["deviceDays"], 750_000 * step * 64 / 86_400))
    #expect((training["runEfficiency"] as? Double).map { $0 > 0.8 && $0 < 0.9 } == true)
    // Without a run there is no `training`, and nothing else differs.
    var plain = try #require(try program.run("check", "ViT-g/14", "--format", "json").lines().first)
    #expect(plain.removeValue(forKey: "training") is NSNull)
    #expect(plain as NSDictionary == json.filter { $0.key != "training" } as NSDictionary)
    #expect(try program.run(["check", "--configurations", "-"] + words.dropFirst()).status == 64)
  }
}
