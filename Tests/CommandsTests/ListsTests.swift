import Foundation
import Testing

/// `shapes`, `devices`, `grids`, help and completions.
@Suite final class ListsTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  @Test func countedFiguresMeetThePrintedOnes() throws {
    let rows = try program.run("shapes", "--format", "json").list()
    #expect(rows.count >= 20)
    var compared = 0
    for row in rows {
      let name = row["name"] as? String ?? ""
      for (counted, printed) in [
        ("flopsPerImage", "publishedGigaFLOPs"), ("flopsPerLargeImage", "publishedGigaFLOPsOfLargeImage"),
      ] {
        guard let value = row[counted] as? Double, let print = row[printed] as? Double else { continue }
        // Table 2 prints one digit after the point: within 1 %, or half of that digit.
        #expect(abs(value / 1e9 - print) <= max(0.01 * print, 0.05), "\(name): \(value / 1e9) against \(print)")
        compared += 1
      }
      if let value = row["bodyParameters"] as? Double, let print = row["publishedMillionParameters"] as? Double {
        let half = print < 10 ? 0.05 : 0.5
        #expect(abs(value / 1e6 - print) <= half, "\(name): \(value / 1e6) against \(print)")
        compared += 1
      }
    }
    // Table 2 has eleven rows of three figures.
    #expect(compared == 33)
  }

  @Test func namesThatDifferByCaseAreDifferentShapes() throws {
    let small = try program.run("shapes", "show", "ViT-g/14", "--format", "json").lines()[0]
    let large = try program.run("shapes", "show", "G/14", "--format", "json").lines()[0]
    #expect(small["width"] as? Int == 1408 && small["name"] as? String == "ViT-g/14")
    #expect(large["width"] as? Int == 1664 && large["name"] as? String == "ViT-G/14")
  }

  @Test func anyPatchCanBeShown() throws {
    let text = try program.run("shapes", "show", "SoViT-400m/16")
    #expect(text.output.hasPrefix("ViT-So400m/16\n"))
    #expect(text.output.contains("published with patch 14, not 16"))
  }

  /// Every command whose answer is a table or facts, at the widths of terminals: no line goes beyond the edge.
  @Test(arguments: [40, 60, 80, 100, 200])
  func noLineIsWiderThanTheTerminal(columns: Int) throws {
    let long = "--max-parameter-count 1000000000000 --max-total 1000GiB --min-images-per-second 0.000001"
    _ = try program.shell("\"$shapefinder\" enumerate small \(long) --store s.sqlite")
    for command in [
      "check ViT-G/14", "check ViT-G/14 --batch 64", "check ViT-G/14 --optimizer adam", "check ViT-G/14 --timeline",
      "check ViT-B/16 --device cpu", "map small", "map ratios", "optimizers ViT-G/14", "optimizers --grid small",
      "shapes list", "shapes show ViT-G/14", "devices list", "devices show tpu-v4", "devices show cpu", "grids list",
      "grids show figure8", "grids show ratios", "runs list --store s.sqlite", "runs show 1 --store s.sqlite",
      "enumerate small --no-store", "enumerate small --no-store --limit 5", "plugin list",
    ] {
      let answer = try program.shell("COLUMNS=\(columns) \"$shapefinder\" \(command)")
      #expect([0, 3].contains(answer.status), "\(command): \(answer.errors)")
      // A word that is wider than the terminal stays whole.
      let lines: [Substring] = (answer.output + answer.errors).split(separator: "\n")
      let wide = lines.first { line in
        line.count > columns && line.split(separator: " ").allSatisfy { $0.count < columns - 20 }
      }
      #expect(wide == nil, "\(command) at \(columns): \(wide ?? "")")
    }
  }

  @Test func aChipOfTwoCoresSaysWhatItsCountsAreOf() throws {
    let text = try program.run("devices", "show", "tpu-v4").output
    #expect(text.contains("2 (cores that run one program together)"))
    #expect(text.contains("1 (programs of one core or one chip each, on a chip whose"))
    let chip = try program.run("devices", "show", "tpu-v4", "--format", "json").lines()[0]
    #expect(chip["unit"] as? String == "chip" && chip["programCores"] as? Int == 2 && chip["coresPerChip"] as? Int == 1)
    let core = try program.run("devices", "show", "tpu-v3", "--format", "json").lines()[0]
    #expect(core["unit"] as? String == "core" && core["programCores"] as? Int == 1 && core["coresPerChip"] as? Int == 2)
  }

  @Test func aHostHasNothingThatOnlyATPUHas() throws {
    let host = try program.run("devices", "show", "cpu", "--format", "json").lines()[0]
    #expect(host["kind"] as? String == "cpu" && host["unit"] as? String == "host")
    for key in ["matrixUnits", "lanes", "sublanes", "linkBandwidth", "coresPerChip", "programCores", "compiler"] {
      #expect(host[key] is NSNull, "\(key)")
    }
    #expect(try program.run("devices", "show", "cpu").output.contains("processor"))
  }

  @Test func everyValueOfADeviceHasItsSource() throws {
    let text = try program.run("devices", "show", "tpu-v3").output
    for part in ["15.48 GiB", "940 MHz", "530 MiB reserved", "cloud.google.com/tpu/docs/v3"] {
      #expect(text.contains(part), "\(part)")
    }
    let device = try program.run("devices", "show", "tpu-v3", "--format", "json").lines()[0]
    let sources = device["sources"] as? [String] ?? []
    for key in ["memory", "usableMemory", "bandwidth", "peakFLOPs", "clock", "linkBandwidth"] {
      #expect(sources.contains { $0.hasPrefix(key + ": ") }, "\(key)")
    }
    let all = try program.run("devices", "list", "--format", "ndjson").lines()
    #expect(all.compactMap { $0["name"] as? String }.prefix(3) == ["cpu", "tpu-v2", "tpu-v3"])
    let validated = all.filter { $0["validation"] as? String == "compiled" }.compactMap { $0["name"] as? String }
    #expect(validated == ["tpu-v3", "tpu-v5e"])
  }

  @Test func gridsAreCounted() throws {
    let grid = try program.run("grids", "show", "figure8", "--format", "json").lines()[0]
    #expect(grid["configurations"] as? Int == 356_400)
    #expect((grid["axes"] as? [String: Any])?["width"] as? String == "512..2560 by 64")
    #expect(grid["settingNames"] as? [String] == ["original", "half-adam", "adafactor"])
    let text = try program.run("grids", "show", "figure8").output
    #expect(text.contains("356,400 of 118,800 shapes"))
  }

  @Test func aCatalogOfOnesOwn() throws {
    let folder = program.folder.appending(path: "mine/grids")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try program.write(
      "mine/grids/tiny.yaml",
      """
      summary: Two shapes.
      source: made up
      axes: {depth: "1..2", width: 64, heads: 2, mlpWidth: 4x, patch: 16}
      """.utf8)
    try program.write("mine/grids/small.yaml", program.text("mine/grids/tiny.yaml").utf8)
    func counts(_ arguments: String...) throws -> [String: Int] {
      let list = try program.run(["grids", "--format", "json"] + arguments).list()
      return Dictionary(
        uniqueKeysWithValues: list.map { ($0["name"] as? String ?? "", $0["configurations"] as? Int ?? 0) })
    }
    // Files of one's own are added, and win over those of the program that have their names.
    #expect(try counts("--catalog", "mine") == counts().merging(["tiny": 2, "small": 2]) { $1 })
  }

  @Test(arguments: ["shapes", "devices", "grids"]) func everyListInEveryFormat(_ noun: String) throws {
    for format in ["table", "json", "ndjson", "csv"] {
      let outcome = try program.run(noun, "list", "--format", format)
      #expect(outcome.status == 0 && outcome.errors.isEmpty && !outcome.output.isEmpty)
      #expect(try program.run(noun, "--format", format).output == outcome.output)
    }
    let csv = try program.run(noun, "--format", "csv").output.components(separatedBy: "\r\n")
    let json = try program.run(noun, "--format", "json").list()
    #expect(csv.count == json.count + 2 && csv[0].hasPrefix("name,"))
  }

  @Test(arguments: [["shapes", "show", "ViT-Q/14"], ["devices", "show", "tpu-v9"], ["grids", "show", "figure9"]])
  func unknownNamesAreUsageErrors(_ arguments: [String]) throws {
    let outcome = try program.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.hasPrefix("error: ") && outcome.errors.contains(" is not "))
  }

  @Test func helpHasExamplesAndExitsWithNothingWrong() throws {
    for noun in ["check", "optimizers", "shapes", "devices", "grids"] {
      let help = try program.run(noun, "--help")
      #expect(help.status == 0 && help.errors.isEmpty)
      #expect(help.output.contains("shapefinder \(noun)"), "\(noun)")
    }
    #expect(try program.run("--version").output == "0.1.0\n" && program.run("-V").output == "0.1.0\n")
  }

  @Test(arguments: [["shapes", "ViT-G/14"], ["devices", "tpu-v3"], ["grids", "figure8"]])
  func aNameAfterANounShowsIt(_ words: [String]) throws {
    let short = try program.run(words), long = try program.run([words[0], "show", words[1]])
    #expect(short.status == 0 && short.output == long.output && !short.output.isEmpty)
  }

  @Test(arguments: [
    (["shapes", "lst"], "\"lst\" is not a subcommand of `shapefinder shapes`; did you mean \"list\"?"),
    (["devices", "prob"], "`shapefinder devices`; did you mean \"probe\"?"),
    (["plugin", "tpu"], "`shapefinder plugin`; there are list, install"),
    (["frobnicate"], "`shapefinder`; there are check, "),
    (["shapes", "ViT-Q/14"], "shape: \"ViT-Q/14\" is not a known shape"),
    (["grids", "figure9"], "grid: \"figure9\" is not valid: must be one of"),
    (["enumerate", "figure9", "--no-store"], "grid: \"figure9\" is not valid: must be one of"),
  ])
  func aWordThatIsNoVerbGetsTheNearest(_ words: [String], error: String) throws {
    let answer = try program.run(words)
    #expect(answer.status == 64 && answer.errors.contains(error), "\(answer.errors)")
  }

  @Test func errorsWrapAtWordsToTheGivenWidth() throws {
    for arguments in [
      ["check", "ViT-B/16", "--head", "none"], ["check"], ["check", "ViT-Q/14"], ["enumerate", "figure9"],
    ] {
      let narrow = try program.run(arguments, environment: ["COLUMNS": "60"]).errors
      let lines = narrow.split(separator: "\n")
      #expect(lines.count > 1 && lines.allSatisfy { $0.count <= 60 }, "\(narrow)")
      let wide = try program.run(arguments).errors
      func words(_ text: String) -> [Substring] { text.split { $0.isWhitespace } }
      #expect(words(narrow) == words(wide))
    }
  }

  @Test func quietLeavesRemarksOutAndErrorsIn() throws {
    let arguments = ["enumerate", "small", "--no-store", "--format", "csv"]
    let loud = try program.run(arguments), quiet = try program.run(arguments + ["-q"])
    #expect(!loud.errors.isEmpty && quiet.errors.isEmpty && quiet.output == loud.output)
    #expect(try program.run("check", "ViT-Q/14", "--quiet").errors.contains("not a known shape"))
  }

  @Test func colorsAreGivenOnRequest() throws {
    let plain = try program.run("check", "ViT-B/16").output
    let colored = try program.run("check", "ViT-B/16", "--color", "always").output
    #expect(!plain.contains("\u{1B}") && colored.contains("\u{1B}["))
    #expect(try program.run(["check", "ViT-B/16", "--color=never"], environment: ["FORCE_COLOR": "1"]).output == plain)
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func completionsNameTheSubcommands(_ shell: String) throws {
    let script = try program.run("--generate-completion-script", shell)
    #expect(script.status == 0)
    for word in ["check", "optimizers", "gradient-clipping", "adafactor"] { #expect(script.output.contains(word)) }
  }
}
