import Foundation
import Testing

@Suite final class SelectTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  private func selection(_ row: [String: Any]) throws -> [String: Any] {
    try #require(row["selection"] as? [String: Any])
  }

  private func shape(_ row: [String: Any]) throws -> [Int] {
    try ["width", "depth", "mlpWidth", "heads", "patch"].map { try #require(row[$0] as? Int) }
  }

  /// The keys of a question.
  private static let configuration = [
    "shape", "device", "batch", "imageSize", "head", "classes", "optimizer", "precision", "gradientClipping",
    "rematerialization", "layers", "dataParallel", "memoryLimit",
  ]

  /// "TPUv3 cores, 15 GiB usable, the best shape for 3 billion images in 5,000 core-days": one command answers it, and
  /// `check`, `compare` and `map` give exactly the same figures for the selected shape.
  @Test func aNewUsersQuestionHasOneAnswer() throws {
    let setting = ["--memory-limit", "15GiB", "--head", "map", "--optimizer", "adafactor"]
    let answer = try program.run(
      ["select", "figure8", "--examples", "3e9", "--max-core-days", "5000", "--format", "ndjson", "--no-store"]
        + setting)
    #expect(answer.status == 0)
    let rows = try answer.lines()
    #expect(rows.count == 5)
    for row in rows {
      let numbers = try shape(row).map(String.init)
      let check = try program.run(
        [
          "check", "--width", numbers[0], "--depth", numbers[1], "--mlp-width", numbers[2], "--heads", numbers[3],
          "--patch",
        ]
          + [numbers[4], "--format", "json", "--no-store"] + setting
      ).lines()[0]
      for key in ["parameterCount", "stepSeconds", "imagesPerSecond", "flopsPerImage", "verdict"] {
        #expect("\(row[key] ?? "-")" == "\(check[key] ?? "?")", "\(key)")
      }
      #expect((row["memory"] as? NSDictionary) == (check["memory"] as? NSDictionary))
      let question = try JSONSerialization.data(
        withJSONObject: row.filter { key, _ in Self.configuration.contains(key) })
      let side = try program.run(
        "compare", "--configurations", "-", "--examples", "3e9", "--format", "ndjson", "--no-store",
        input: String(decoding: question, as: UTF8.self)
      ).lines()[0]
      #expect((side["memory"] as? NSDictionary) == (row["memory"] as? NSDictionary))
      let training = try #require(side["training"] as? [String: Any])
      #expect(training["deviceDays"] as? Double == (try selection(row)["deviceDays"] as? Double))
      let cell = try program.run(
        [
          "map", "figure8", "--depth", numbers[1], "--width", numbers[0], "--mlp-width", numbers[2], "--heads",
          numbers[3],
        ]
          + ["--format", "ndjson", "--no-store"] + setting
      ).lines()[0]
      #expect(cell["fitsIn"] is String && cell["imagesPerSecond"] as? Double == row["imagesPerSecond"] as? Double)
      let days = 3e9 / (try #require(row["imagesPerSecond"] as? Double)) / 86_400
      #expect(abs((try selection(row)["deviceDays"] as? Double ?? 0) / days - 1) < 1e-12)
      #expect(days < 5000)
    }
  }

  /// The selected shape is the one that an exhaustive search selects: `enumerate` lists every row, and the rule is
  /// applied here.
  @Test func theFirstIsTheFirstOfEverythingThatFits() throws {
    let axes = [
      "--depth", "16..48 by 4", "--width", "768..1664 by 128", "--mlp-width", "3072..8192 by 1024", "--heads", "16",
    ]
    let grid = axes + ["--patch", "14", "--no-store", "--format", "ndjson"]
    let all = try program.run(["enumerate"] + grid).lines().filter { $0["verdict"] as? String == "fits" }
    func standing(_ row: [String: Any]) throws -> [Double] {
      let shape = try shape(row)
      return [Double(shape[0]) / 1280, Double(shape[1]) / 32, Double(shape[2]) / 5120].sorted()
    }
    let best = try all.map(standing).max { $0.lexicographicallyPrecedes($1) }
    let first = try program.run(["select"] + grid).lines()[0]
    #expect(try standing(first) == best)
    #expect(try selection(first)["widthGrowth"] as? Double == Double(try shape(first)[0]) / 1280)
  }

  /// The paper's shapes, each with its own recipe: no dimension is more than one step of the grid from the selected
  /// shape.
  @Test(arguments: [
    (["--optimizer", "adam-half", "--batch", "32"], [1408, 40, 6144]),
    (["--optimizer", "adafactor", "--batch", "8"], [1664, 48, 8192]),
  ]) func thePapersChoicesAreWithinAStep(_ recipe: [String], _ published: [Int]) throws {
    let rows = try program.run(["select", "large", "--format", "ndjson", "--no-store"] + recipe).lines()
    for (own, paper, step) in zip3(try shape(rows[0]), published, [128, 8, 1024]) {
      #expect(abs(own - paper) <= step)
    }
    // The published shape itself is also among the first.
    #expect(try rows.contains { Array(try shape($0).prefix(3)) == published })
  }

  private func zip3(_ a: [Int], _ b: [Int], _ c: [Int]) -> [(Int, Int, Int)] {
    zip(zip(a, b), c).map { ($0.0, $0.1, $1) }
  }

  /// SoViT-150m follows from SoViT-400m by the exponents at its own FLOPs, within 48 of width, 2 blocks and 112 of
  /// MLP-width.
  @Test func soViT150mFollowsFromSoViT400m() throws {
    let own = try program.run("check", "SoViT-150m/14", "--format", "json", "--no-store").lines()[0]
    let flops = try #require(own["flopsPerImage"] as? Double)
    let row = try program.run(
      "select", "--depth", "12..24", "--width", "768..1024 by 16", "--mlp-width", "1536..3072 by 16", "--heads", "16",
      "--patch", "14", "--rule", "compute-optimal", "--max-flops-per-image", "\(flops)", "--format", "ndjson",
      "--no-store"
    ).lines()[0]
    let found = try shape(row), published = try shape(own)
    #expect(
      abs(found[0] - published[0]) <= 48 && abs(found[1] - published[1]) <= 2 && abs(found[2] - published[2]) <= 112)
  }

  @Test func theFrontIsDominatedByNobody() throws {
    let grid = ["small", "--head", "map", "--optimizer", "adafactor", "--no-store", "--format", "ndjson"]
    let front = try program.run(["select"] + grid + ["--front"]).lines()
    let all = try program.run(["enumerate"] + grid + ["--fits"]).lines()
    func objectives(_ row: [String: Any]) throws -> [Double] {
      [
        try #require(row["parameterCount"] as? Double), -(try #require(row["flopsPerImage"] as? Double)),
        try #require(row["imagesPerSecond"] as? Double),
      ]
    }
    let every = try all.map(objectives)
    let expected = Set(every.filter { one in !every.contains { $0 != one && zip($0, one).allSatisfy { $0 >= $1 } } })
    #expect(Set(try front.map(objectives)) == expected && front.count == expected.count)
    #expect(try front.allSatisfy { try selection($0)["onFront"] as? Bool == true })
  }

  @Test func theFrontIsDrawn() throws {
    let text = try program.run("select", "small", "--front", "--no-store")
    #expect(text.output.contains("·") && text.output.contains("images/s a core") && text.output.contains("1"))
    let options = ["select", "large", "--optimizer", "adafactor", "--svg", program.path("front.svg"), "--no-store"]
    #expect(try program.run(options).status == 0)
    let svg = try String(contentsOfFile: program.path("front.svg"), encoding: .utf8)
    #expect(svg.hasSuffix("</svg>\n") && svg.contains("<circle") && svg.contains("ViT-G/14"))
    #expect(try program.run("select", "large", "--svg", "-", "--no-store").status == 64)
  }

  // MARK: - Bad questions

  @Test func whatBindsIsNamedWhereNothingIsLeft() throws {
    let one = try program.run(
      "select", "large", "--optimizer", "adafactor", "--examples", "3e9", "--max-core-days", "10", "--min-parameters",
      "1e9",
      "--no-store")
    #expect(one.status == 3)
    #expect(one.output.contains("None") || one.output.contains("none of"))
    #expect(one.output.contains("at most 10.0 core-days, of which") && one.output.contains("core-days."))
    let two = try program.run(
      "select", "large", "--optimizer", "adafactor", "--memory-limit", "1MiB", "--min-images-per-second", "1e9",
      "--no-store")
    #expect(two.status == 3)
    #expect(two.output.contains("no constraint alone is to blame"))
  }

  @Test(arguments: ["1e30", "1e300"]) func boundsBeyondAnyNumberOfParametersAreSaid(_ bound: String) throws {
    let answer = try program.run("select", "large", "--depth", "8", "--min-parameters", bound, "--no-store")
    #expect(answer.status == 3 && answer.output.contains("at least"), "\(answer.errors)")
  }

  static let bad: [([String], String)] = [
    (["--rule", "compute-optimal"], "needs a budget"), (["--rule", "fastest"], "--min-parameters"),
    (["--max-core-days", "5"], "--examples"),
    (["--min-parameters", "2e9", "--max-parameters", "1e9"], "nothing could ever"),
    (["--rule", "largest", "--base", "ViT-B/16"], "none"), (["--base", "ViT-X/14"], "ViT-X/14"),
    (["--rule", "best"], "together"), (["--limit", "0"], "at least 1"), (["--limit", "100000"], "1,000"),
    (["--min-parameters", "-5"], "from 0"), (["--max-core-days", "nan", "--examples", "3e9"], "number"),
    (["--from-store", "estimated"], "compiled or measured"), (["--epochs", "300"], "dataset"),
  ]

  @Test(arguments: bad) func badQuestionsAreRefusedWithTheRule(_ options: [String], _ words: String) throws {
    let answer = try program.run(
      ["select", "large", "--no-store"].filter { $0 != "--no-store" || !options.contains("--from-store") } + options)
    #expect(answer.status == 64)
    #expect(answer.errors.contains(words), "\(answer.errors)")
  }

  // MARK: - The store

  @Test func theChoiceIsStoredAndDearerEvidenceCanBeChosenFrom() throws {
    let store = ["--store", program.path("s.sqlite")]
    let options = ["select", "large", "--optimizer", "adafactor", "--format", "ndjson"]
    let answer = try program.run(options + store)
    #expect(answer.errors.contains("as run 1: 5 new"))
    let shown = try program.run(["runs", "show", "1", "--format", "ndjson"] + store).lines()
    #expect(try shown.map(shape) == (try answer.lines().map(shape)))
    let empty = try program.run(options + store + ["--from-store", "compiled"])
    #expect(empty.status == 65 && empty.errors.contains("compile some first"))
    // Two compiled rows, of which the better one is slower.
    var rows = ""
    for (index, line) in answer.output.split(separator: "\n").prefix(4).enumerated() where index > 0 {
      var row = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      row["evidence"] = "compiled"
      row["memoryOnly"] = false
      row["selection"] = nil
      if index == 3 {
        // A compiler that was told otherwise than usual has answered another question.
        var provenance = try #require(row["provenance"] as? [String: Any])
        provenance["version"] = "1, told otherwise"
        row["provenance"] = provenance
      }
      rows += String(decoding: try JSONSerialization.data(withJSONObject: row), as: UTF8.self) + "\n"
    }
    try rows.write(toFile: program.path("c.ndjson"), atomically: true, encoding: .utf8)
    #expect(try program.run(["runs", "import", program.path("c.ndjson")] + store).status == 0)
    let compiled = try program.run(options + store + ["--from-store", "compiled"]).lines()
    #expect(compiled.count == 2 && compiled.allSatisfy { $0["evidence"] as? String == "compiled" })
    #expect(try shape(compiled[0]) == (try answer.lines().map(shape)[1]))
  }
}
