import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct MapTests {
  private let program: Program

  init() throws { program = try Program() }

  @Test func theMapIsDrawnAndTheGridIsStored() throws {
    defer { program.remove() }
    let answer = try program.run("map", "small", "--store", "s.sqlite")
    #expect(answer.status == 0)
    #expect(answer.output.hasPrefix("small on a tpu-v3 core: 8 images, 224 px, patch 14\n"))
    for words in [
      "MLP 8192, 16 heads", "original ViT, Adam", "MAP, half-precision Adam", "MAP, Adafactor",
      "ViT-G/14 (1664x48x8192, 16 heads) fits in MAP, Adafactor", "ViT-g/14 (1408x40x6144, 16 heads) fits in",
      "estimated by", "libtpu 0.0.17.1", "64: ",
    ] { #expect(answer.output.contains(words), "\(words)") }
    #expect(answer.output.contains("[G]") && answer.output.contains("[g]"))
    #expect(answer.errors.contains("192 new"))
    #expect(try program.sqlite("s.sqlite", "SELECT count(*), count(DISTINCT setting_id) FROM configuration") == "192|3")
  }

  @Test func nothingIsStoredUnlessRequested() throws {
    defer { program.remove() }
    for arguments in [["map", "small"], ["map", "small", "--svg", "map.svg"]] {
      let answer = try program.run(arguments)
      #expect(answer.status == 0)
      #expect(!answer.errors.contains("stored"), "\(answer.errors)")
      #expect(!FileManager.default.fileExists(atPath: program.path(".local")))
    }
    let saved = try program.run("map", "small", "--save")
    #expect(saved.errors.contains("192 new"))
    #expect(try program.sqlite(".local/share/shapefinder/shapefinder.sqlite", "SELECT count(*) FROM evidence") == "192")
  }

  /// What is drawn from a store is not estimated again: the store says what stands on the map.
  @Test func theREADMEsMapIsDrawnFromTheStore() throws {
    defer { program.remove() }
    _ = try program.run("enumerate", "small", "--store", "s.sqlite")
    _ = try program.sqlite("s.sqlite", "UPDATE evidence SET verdict = 'does-not-fit'")
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    for (file, prefix) in [("README.md", "shapefinder map figure8 "), ("Makefile", "\t$(SHAPEFINDER) map figure8 ")] {
      let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(prefix) && $0.contains("--store") })
      let options = line.dropFirst(prefix.count).split(separator: " ").map {
        $0.hasSuffix(".sqlite") ? "s.sqlite" : String($0)
      }
      let answer = try program.run(["map", "small"] + options)
      #expect(answer.status == 3, "\(file): \(line)")
    }
    #expect(try program.sqlite("s.sqlite", "SELECT count(*) FROM run") == "1")
  }

  @Test(arguments: [
    ("--memory-limit", "8GiB", "limit 8.00 GiB"), ("--precision", "float32", "float32 activations"),
    ("--classes", "1000", "1,000 classes"), ("--gradient-clipping", "global-norm", "gradient clipping global-norm"),
    ("--rematerialization", "none", "rematerialization none"), ("--data-parallel", "512", "data parallel over 512"),
    ("--layers", "scanned", "scanned layers"),
  ])
  func theTitleSaysWhatIsNotUsual(option: String, value: String, words: String) throws {
    defer { program.remove() }
    let title = "small on a tpu-v3 core: 8 images, 224 px, patch 14, \(words)"
    let text = try program.run("map", "small", option, value, "--store", "s.sqlite")
    #expect(text.output.hasPrefix(title + "\n"), "\(text.output.prefix(120))")
    #expect(text.output.contains("original ViT, Adam"))
    #expect(try program.run("map", "small", option, value, "--svg", "-").output.contains(title))
    let stored = try program.run("map", "small", option, value, "--from-store", "--store", "s.sqlite")
    #expect(stored.output.hasPrefix(title + "\n"))
    let run = try program.run(
      "map", "--from-store", "--run", "1", "--store", "s.sqlite", environment: ["COLUMNS": "300"])
    #expect(run.output.split(separator: "\n").first?.hasSuffix("patch 14, \(words)") == true)
  }

  @Test func whatIsStoredGivesTheSameMap() throws {
    defer { program.remove() }
    let estimated = try program.run("map", "small", "--store", "s.sqlite", "--format", "csv")
    #expect(estimated.output.split(separator: "\r\n").count == 65)
    // Rows of another grid in the same store are not the grid's.
    _ = try program.run("enumerate", "small", "--width", "1280", "--store", "s.sqlite")
    let stored = try program.run("map", "small", "--from-store", "--store", "s.sqlite", "--format", "csv")
    #expect(stored.output == estimated.output)
    let run = try program.run("map", "--from-store", "--run", "1", "--store", "s.sqlite", "--format", "csv")
    #expect(run.output.split(separator: "\r\n").count == 65)
    #expect(run.output.contains("class token, Adam"))
    let everything = try program.run("map", "--from-store", "--store", "s.sqlite", "--format", "csv")
    #expect(everything.output.split(separator: "\r\n").count == 81)
  }

  @Test func severalBatchesInAStoreArePanelsToo() throws {
    defer { program.remove() }
    let estimated = try program.run("map", "small", "--batch", "8,32", "--store", "s.sqlite", "--format", "csv")
    _ = try program.run("enumerate", "small", "--batch", "16", "--store", "s.sqlite")
    let stored = try program.run(
      "map", "small", "--batch", "8,32", "--from-store", "--store", "s.sqlite", "--format", "csv")
    #expect(stored.output == estimated.output && stored.output.split(separator: "\r\n").count == 129)
    let text = try program.run("map", "--from-store", "--store", "s.sqlite", "--panels", "all")
    for batch in [8, 16, 32] { #expect(text.output.contains("\(batch) images, MLP ")) }
    let some = try program.run("map", "--from-store", "--batch", "8, 16", "--store", "s.sqlite")
    #expect(some.output.contains("from 8 images to 16 images") && !some.output.contains("32 images"))
  }

  @Test func theMapAgreesWithTheStoresOwnView() throws {
    defer { program.remove() }
    let rows = try program.run("map", "small", "--store", "s.sqlite", "--format", "ndjson").lines()
    let view = try program.sqlite(
      "s.sqlite",
      """
      SELECT width, depth, mlp_width, CASE 'fits' WHEN original THEN 'original ViT, Adam'
        WHEN half_adam THEN 'MAP, half-precision Adam' WHEN adafactor THEN 'MAP, Adafactor' ELSE '' END
      FROM fit_map ORDER BY heads, mlp_width, width, depth
      """)
    let drawn = rows.map {
      "\($0["width"] ?? "")|\($0["depth"] ?? "")|\($0["mlpWidth"] ?? "")|\($0["fitsIn"] as? String ?? "")"
    }
    #expect(drawn.joined(separator: "\n") == view)
  }

  @Test func coloursAreForTerminalsThatHaveThem() throws {
    defer { program.remove() }
    let escape = "\u{1B}["
    #expect(try !program.run("map", "small").output.contains(escape))
    let forced = ["CLICOLOR_FORCE": "1"]
    #expect(try program.run("map", "small", environment: forced).output.contains(escape))
    #expect(try !program.run("map", "small", "--plain", environment: forced).output.contains(escape))
    #expect(
      try !program.run("map", "small", environment: forced.merging(["NO_COLOR": "1"]) { $1 }).output
        .contains(escape))
  }

  @Test(arguments: [60, 80, 140]) func itKeepsToTheWidth(columns: Int) throws {
    defer { program.remove() }
    let answer = try program.run("map", "figure8", environment: ["COLUMNS": "\(columns)"])
    #expect(answer.status == 0)
    #expect(answer.output.split(separator: "\n").allSatisfy { $0.count <= columns })
  }

  @Test func panelsAreTheRequestedOnes() throws {
    defer { program.remove() }
    let one = try program.run("map", "figure8", "--heads", "8", "--mlp-width", "4096", "--rows", "10")
    #expect(one.errors.hasPrefix("figure8: 9,900 configurations in 3 settings"))
    #expect(one.output.contains("MLP 4096, 8 heads"))
    let all = try program.run("map", "figure8", "--heads", "all", "--panels", "6", "--rows", "5")
    for heads in [8, 16, 32] { #expect(all.output.contains("MLP 8192, \(heads) heads")) }
    #expect(all.output.contains("6 of 36 panels"))
  }

  private func titles(_ output: String) -> [String] {
    output.split(separator: "\n").filter { $0.hasPrefix("      ") && $0.contains("MLP ") && $0.contains("heads") }
      .flatMap { $0.components(separatedBy: "  ") }.map { $0.trimmingCharacters(in: .whitespaces) }.filter {
        !$0.isEmpty
      }
  }

  @Test func aRatioIsOnePanel() throws {
    defer { program.remove() }
    let answer = try program.run("map", "figure8", "--mlp-width", "4x", "--rows", "10")
    #expect(titles(answer.output) == ["MLP 4x, 16 heads"])
    #expect(answer.output.contains("width 512   1024    1536    2048    2560"))
    #expect(answer.output.contains("ViT-G/14 (1664x48x8192, 16 heads) is not on this map, whose MLP-width is 4x"))
    #expect(!answer.output.contains("[G]"))
    let both = try program.run(
      "map", "figure8", "--mlp-width", "3x, 4x", "--heads", "width/64", "--width", "512..2048 by 128", "--rows", "10")
    #expect(titles(both.output) == ["MLP 3x, heads width/64", "MLP 4x, heads width/64"])
  }

  /// A grid of the catalog needs no further options, whatever its axes are.
  @Test(arguments: ["ratios", "cpu", "small", "figure8"]) func everyBundledGridIsDrawn(name: String) throws {
    defer { program.remove() }
    let answer = try program.run("map", name, "--rows", "10", environment: ["COLUMNS": "100"])
    #expect(answer.status == 0)
    #expect((1...6).contains(titles(answer.output).count), "\(titles(answer.output))")
    #expect(try program.run("map", name, "--svg", "-").output.contains("MLP-width"))
  }

  @Test func batchesArePanels() throws {
    defer { program.remove() }
    let two = try program.run("map", "figure8", "--batch", "8,32", "--mlp-width", "4x", "--rows", "5")
    #expect(titles(two.output) == ["8 images, MLP 4x, 16 heads", "32 images, MLP 4x, 16 heads"])
    let wide = ["COLUMNS": "200"]
    let range = try program.run("map", "figure8", "--batch", "8..64 by 8", "--rows", "5", environment: wide)
    #expect(titles(range.output).count == 8)
    #expect(range.output.contains("at 8 images fits in MAP, Adafactor: 11.8 images/s a core; at 16 images fits in MAP"))
    let many = try program.run("map", "small", "--batch", "1..40", "--rows", "5", environment: wide)
    #expect(titles(many.output).count == 12)
    #expect(many.output.contains("12 of 160 panels (1 of 4 MLP-widths, 12 of 40 batches); choose with"))
    #expect(many.output.contains("--panels all"))
  }

  /// What the map shows of a shape is what `enumerate` says of it, to the last digit.
  @Test func theMapIsWhatEnumerateSays() throws {
    defer { program.remove() }
    let axes = [
      "--depth", "8, 40", "--width", "1024, 1664", "--heads", "width/64, 16", "--mlp-width", "2048, 4x", "--patch",
      "14, 16", "--batch", "8, 32", "--image-size", "224, 384",
    ]
    let map = try program.run(["map", "figure8"] + axes + ["--format", "ndjson"]).lines()
    let results = try program.run(["enumerate", "figure8"] + axes + ["--no-store", "--format", "ndjson"]).lines()
    func key(_ row: [String: Any], _ shape: [String: Any]) -> String {
      (["width", "depth", "mlpWidth", "heads", "patch"].map { "\(shape[$0] ?? "")" }
        + ["batch", "imageSize"].map { "\(row[$0] ?? "")" }).joined(separator: " ")
    }
    var cells: [String: (fits: String?, unsure: String?, speed: Double?)] = [:]
    // The settings come cheapest first.
    for result in results {
      let key = key(result, try #require(result["shape"] as? [String: Any]))
      let title =
        ["token": "original ViT, Adam"][result["head"] as? String ?? ""]
        ?? (result["optimizer"] as? String == "adafactor" ? "MAP, Adafactor" : "MAP, half-precision Adam")
      var cell = cells[key] ?? (nil, nil, nil)
      switch result["verdict"] as? String {
      case "fits" where cell.fits == nil: (cell.fits, cell.speed) = (title, result["imagesPerSecond"] as? Double)
      case "uncertain" where cell.fits == nil && cell.unsure == nil:
        cell.unsure = title
        if cell.speed == nil { cell.speed = result["imagesPerSecond"] as? Double }
      default: break
      }
      cells[key] = cell
    }
    #expect(map.count == cells.count && map.count == results.count / 3)
    for row in map {
      let cell = try #require(cells[key(row, row)])
      #expect(row["fitsIn"] as? String == cell.fits, "\(row)")
      #expect(row["uncertainIn"] as? String == cell.unsure, "\(row)")
      #expect(row["imagesPerSecond"] as? Double == cell.speed, "\(row)")
    }
  }

  @Test func aFixedScaleIsSaid() throws {
    defer { program.remove() }
    let fixed = try program.run("map", "small", "--scale", "fixed", environment: ["COLUMNS": "150"])
    #expect(
      fixed.output.contains("O 100 to 4000, o 1 to 100")
        && fixed.output.contains("one scale for all settings and all maps"))
    #expect(try program.run("map", "small", "--scale", "0..500").output.contains("in equal steps"))
    #expect(try program.run("map", "small", "--scale", "0..500", "--svg", "-").output.contains("0 to 500 images/s"))
  }

  /// Only SVG is written: a name that promises a picture of another kind is refused before anything is estimated.
  @Test(arguments: [["map", "small"], ["check", "ViT-B/16"]], ["map.png", "map", "map.svg.pdf", "a.pdf"])
  func aDrawingsFileNameMatchesItsFormat(command: [String], name: String) throws {
    defer { program.remove() }
    let answer = try program.run(command + ["--svg", name])
    #expect(answer.status == 64)
    #expect(answer.errors.contains("'\(name)'") && answer.errors.contains("must end in .svg"), "\(answer.errors)")
    #expect(!FileManager.default.fileExists(atPath: program.path(name)))
    #expect(try program.run(command + ["--svg", "MAP.SVG"]).status == 0)
    #expect(try program.run("map", "small", "--svg", "/dev/stdout").output.contains("<svg"))
  }

  @Test func oneShapeHasOneBatch() throws {
    defer { program.remove() }
    for arguments in [
      ["check", "ViT-B/16", "--batch", "8, 16"], ["check", "ViT-B/16", "--image-size", "224..384 by 32"],
      ["optimizers", "ViT-B/16", "--batch", "1..4"],
      ["measure", "ViT-Ti/16", "--batch", "1, 2"], ["compile", "ViT-Ti/16", "--batch", "1, 2"],
    ] {
      let answer = try program.run(arguments)
      #expect(answer.status == 64, "\(arguments)")
      #expect(answer.errors.contains("one shape has one"), "\(answer.errors)")
    }
  }

  @Test func theDrawingIsWellFormed() throws {
    defer { program.remove() }
    let answer = try program.run("map", "small", "--svg", "map.svg")
    #expect(answer.status == 0)
    #expect(answer.output == "")
    let file = try Data(contentsOf: URL(filePath: program.path("map.svg")))
    #expect(XMLParser(data: file).parse())
    let direct = try program.run("map", "small", "--svg", "-")
    #expect(Data(direct.output.utf8) == file)
    let missing = try program.run("map", "small", "--svg", "nowhere/map.svg")
    #expect(missing.status == 1)
    #expect(missing.errors.contains("nowhere/map.svg cannot be written"))
  }

  @Test func kindsOfEvidenceAreNeverBlended() throws {
    defer { program.remove() }
    _ = try program.run("map", "small", "--store", "s.sqlite")
    let row = try program.run("runs", "export", "1", "--store", "s.sqlite", "--limit", "1").output
    _ = try program.run(
      "runs", "import", "-", "--store", "s.sqlite",
      input: row.replacingOccurrences(of: "\"evidence\":\"estimated\"", with: "\"evidence\":\"compiled\""))
    // Compiles have a place of their own beside estimates.
    let beside = try program.run("map", "small", "--from-store", "--store", "s.sqlite")
    #expect(beside.status == 0 && beside.output.hasPrefix("Compiled in the store, of these: 1"), "\(beside.errors)")
    _ = try program.run(
      "runs", "import", "-", "--store", "s.sqlite",
      input: row.replacingOccurrences(of: "\"evidence\":\"estimated\"", with: "\"evidence\":\"measured\""))
    let all = try program.run("map", "small", "--from-store", "--store", "s.sqlite")
    #expect(all.status == 64)
    #expect(all.errors.contains("--evidence estimated|compiled|measured"), "\(all.errors)")
    let compiled = try program.run(
      "map", "small", "--from-store", "--evidence", "compiled", "--store", "s.sqlite", "--format", "ndjson")
    #expect(try compiled.lines().count == 1)
  }

  @Test func nothingThatFitsIsExitCode3() throws {
    defer { program.remove() }
    let answer = try program.run("map", "small", "--memory-limit", "1MiB")
    #expect(answer.status == 3)
    #expect(answer.output.contains("100.0 % fit in none"))
  }

  @Test(arguments: [
    (["small", "--batch", "8,,3"], 64, "at character 3"), (["small", "--batch", "4x,8"], 64, "not ratios"),
    (["small", "--batch", "0"], 64, "must be between 1"), (["small", "--scale", "5..2"], 64, "ranked, fixed"),
    (["smalll"], 64, "did you mean \"small\""),
    (["--from-store", "--heads", "8"], 64, "name it"),
    (["small", "--run", "1"], 64, "--from-store"), (["small", "--from-store", "--save"], 64, "stored already"),
    (["small", "--from-store", "--store", "none.sqlite"], 1, "there is no such file"),
    (["small", "--panels", "0"], 64, "at least 1"),
    (["small", "--from-store", "--run", "7", "--store", "empty.sqlite"], 64, "there is no run 7"),
    (["small", "--from-store", "--store", "empty.sqlite"], 65, "holds no evidence"),
  ])
  func wrongUsageIsExplained(arguments: [String], status: Int32, message: String) throws {
    defer { program.remove() }
    let answer = try program.shell(
      "\"$shapefinder\" enumerate small --fits --memory-limit 1B --store empty.sqlite > /dev/null 2>&1; "
        + "\"$shapefinder\" map " + arguments.joined(separator: " "))
    #expect(answer.status == status)
    #expect(answer.errors.hasPrefix("error: "))
    #expect(answer.errors.contains(message), "\(answer.errors)")
    #expect(answer.output == "")
  }
}
