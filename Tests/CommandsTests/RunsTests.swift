import Foundation
import Testing

@Suite struct RunsTests {
  private let program: Program

  init() throws {
    program = try Program()
    _ = try program.run("enumerate", "small", "--store", "s.sqlite")
  }

  @Test func listTellsWhatEachRunStored() throws {
    defer { program.remove() }
    _ = try program.run("map", "small", "--store", "s.sqlite")
    let table = try program.run("runs", "--store", "s.sqlite")
    #expect(table.status == 0)
    #expect(table.output.contains("shapefinder enumerate small --store s.sqlite"))
    let runs = try program.run("runs", "list", "--store", "s.sqlite", "--format", "ndjson").lines()
    #expect(runs.map { $0["id"] as? Int } == [1, 2])
    #expect(runs.map { $0["new"] as? Int } == [192, 0])
    #expect(runs.map { $0["confirmed"] as? Int } == [0, 192])
    #expect(runs.allSatisfy { $0["status"] as? String == "finished" && $0["grid"] as? String == "small" })
  }

  @Test func showHasTheVerdictsAndTheFirstRows() throws {
    defer { program.remove() }
    let answer = try program.run("runs", "show", "1", "--store", "s.sqlite")
    #expect(answer.status == 0)
    #expect(answer.output.hasPrefix("run 1, finished: shapefinder enumerate small --store s.sqlite\n"))
    let fits = try program.sqlite("s.sqlite", "SELECT count(*) FROM evidence WHERE verdict = 'fits'")
    #expect(answer.output.contains("192 results, 192 of them new: \(fits) fit, "))
    #expect(answer.output.contains("20 of 192; --limit shows more"))
    // Three lines, a blank, heading and rule, twenty rows, the remark.
    #expect(answer.output.split(separator: "\n", omittingEmptySubsequences: false).count == 28)
  }

  @Test func filtersAndOrderAreThoseOfEnumerate() throws {
    defer { program.remove() }
    let options = [
      "--fits", "--min-parameters", "400M", "--max-total", "14.5GiB", "--min-images-per-second", "20.5",
      "--max-images-per-second",
      "31.25", "--sort=-images-per-second", "--limit", "9", "--format", "ndjson",
    ].joined(separator: " ")
    let fresh = try program.shell("\"$shapefinder\" enumerate small --no-store \(options)")
    for command in ["show 1", "export 1", "export"] {
      let stored = try program.shell("\"$shapefinder\" runs \(command) --store s.sqlite \(options)")
      #expect(stored.output == fresh.output)
    }
    #expect(try fresh.lines().count == 9)
    // Every key that sorts estimates sorts what is stored.
    let headroom = try program.run(
      "runs", "show", "1", "--store", "s.sqlite", "--sort=-headroom", "--limit", "5", "--format", "ndjson")
    let freshest = try program.run(
      "enumerate", "small", "--no-store", "--sort=-headroom", "--limit", "5", "--format", "ndjson")
    #expect(headroom.status == 0)
    func rooms(_ answer: Program.Answer) throws -> [Int] {
      try answer.lines().map { line in
        let memory = try #require(line["memory"] as? [String: Any])
        return try #require(memory["limit"] as? Int) - #require(memory["total"] as? Int)
      }
    }
    #expect(try rooms(headroom) == rooms(freshest))
  }

  @Test(arguments: ["ndjson", "csv"]) func whatIsExportedComesBackTheSame(format: String) throws {
    defer { program.remove() }
    let exported = try program.run(
      "runs", "export", "1", "--store", "s.sqlite", "--format", format, "--output", "run.\(format)")
    #expect(exported.status == 0)
    #expect(exported.output == "")
    let imported = try program.run("runs", "import", "run.\(format)", "--store", "copy.sqlite", "--format", "json")
    #expect(imported.status == 0)
    let answer = try #require(try JSONSerialization.jsonObject(with: Data(imported.output.utf8)) as? [String: Any])
    #expect(answer["new"] as? Int == 192 && answer["refused"] as? Int == 0)
    let original = try program.run("runs", "export", "--store", "s.sqlite").output
    #expect(try program.run("runs", "export", "--store", "copy.sqlite").output == original)
    #expect(!original.isEmpty)
    // Once more changes nothing.
    let again = try program.run("runs", "import", "run.\(format)", "--store", "copy.sqlite", "--format", "csv")
    #expect(again.output.hasSuffix("2,run.\(format),0,192,0,0,0\r\n"))
  }

  @Test(arguments: ["ndjson", "csv"]) func aBadLineIsReportedAndAllOthersAreKept(format: String) throws {
    defer { program.remove() }
    let text = try program.run("runs", "export", "1", "--store", "s.sqlite", "--format", format).output
    let lineBreak = format == "csv" ? "\r\n" : "\n"
    var lines = text.components(separatedBy: lineBreak)
    lines[3] = lines[3].replacingOccurrences(
      of: format == "csv" ? ",fits," : "\"verdict\":\"fits\"", with: format == "csv" ? ",fit," : "\"verdict\":\"fit\"")
    // A quote that nobody closes costs its own line and none of those below.
    lines[7] = "\"" + lines[7]
    lines[9] = ""
    try Data(lines.joined(separator: lineBreak).utf8).write(to: URL(filePath: program.path("run")))
    let answer = try program.run("runs", "import", "run", "--store", "copy.sqlite")
    #expect(answer.status == 65)
    #expect(
      answer.errors.contains("error: run: line 4: verdict: \"fit\" is not valid: must be one of fits"),
      "\(answer.errors)")
    #expect(answer.errors.contains("error: run: line 8: "), "\(answer.errors)")
    #expect(answer.errors.split(separator: "\n").count == 2)
    #expect(try program.sqlite("copy.sqlite", "SELECT count(*) FROM evidence") == "189")
    // The mended file is imported once more.
    try Data(text.utf8).write(to: URL(filePath: program.path("run")))
    #expect(try program.run("runs", "import", "run", "--store", "copy.sqlite").status == 0)
    #expect(try program.sqlite("copy.sqlite", "SELECT new_rows, confirmed_rows FROM run WHERE id = 2") == "3|189")
  }

  @Test func numbersThatContradictTheNameAreRefused() throws {
    defer { program.remove() }
    let csv = try program.run("runs", "export", "1", "--store", "s.sqlite", "--format", "csv", "--limit", "1").output
    let named = csv.replacingOccurrences(of: "\r\n,", with: "\r\nViT-G/14,")
    let answer = try program.run("runs", "import", "-", "--store", "copy.sqlite", input: named)
    #expect(answer.status == 65)
    #expect(answer.errors.contains("contradicts the name ViT-G/14, whose width is 1664"), "\(answer.errors)")
  }

  @Test func anArrayComesBackAsItWasExported() throws {
    defer { program.remove() }
    let array = try program.run("runs", "export", "1", "--store", "s.sqlite", "--format", "json").output
    let answer = try program.run("runs", "import", "-", "--store", "copy.sqlite", input: array)
    #expect(answer.status == 0, "\(answer.errors)")
    #expect(try program.run("runs", "export", "--store", "copy.sqlite", "--format", "json").output == array)
    let mixed = try program.run("runs", "import", "-", "--store", "copy.sqlite", input: "[{},\n{}\n]\n")
    #expect(mixed.status == 65 && mixed.errors.contains("line 1") && mixed.errors.contains("line 2"))
  }

  @Test(arguments: [
    ("colour,shape\r\n", "the column \"colour\" is not a key of a result"),
    ("verdict,verdict\r\n", "stands twice"), ("\"verdict\r\n", "neither NDJSON"),
    ("\u{0}\u{1}\u{2}\n", "neither NDJSON"),
  ])
  func aFileOfNeitherFormIsRefused(text: String, message: String) throws {
    defer { program.remove() }
    let answer = try program.run("runs", "import", "-", "--store", "copy.sqlite", input: text)
    #expect(answer.status == 65)
    #expect(answer.errors.contains("error: ") && answer.errors.contains("line 1"), "\(answer.errors)")
    #expect(answer.errors.contains(message), "\(answer.errors)")
    #expect(!FileManager.default.fileExists(atPath: program.path("copy.sqlite")))
  }

  @Test(arguments: [
    ("runs show 9", 64, "there is no run 9; the store has runs 1 to 1"), ("runs export 9", 64, "there is no run 9"),
    ("runs show one", 64, "must be a whole number"), ("runs show -1", 64, "must be the number of a run, from 1"),
    ("runs export -2", 64, "must be the number of a run, from 1"),
    ("runs delete 1", 64, "\"delete\" is not a subcommand of `shapefinder runs`; there are list, show, export, import"),
    ("runs import none.ndjson", 65, "none.ndjson"),
    ("runs export 1 --output nowhere/x", 1, "nowhere/x cannot be written"),
    ("runs export 1 --output /dev/full", 75, "No space left"),
  ])
  func errorsSayWhatToDo(command: String, status: Int32, message: String) throws {
    defer { program.remove() }
    let answer = try program.shell("\"$shapefinder\" \(command) --store s.sqlite")
    #expect(answer.status == status)
    #expect(answer.errors.contains(message), "\(answer.errors)")
    #expect(answer.output == "")
    // No file half written.
    #expect(try program.shell("ls | grep -v s.sqlite").output == "")
  }

  @Test func aReaderThatGoesEndsItQuietly() throws {
    defer { program.remove() }
    let answer = try program.shell(
      """
      "$shapefinder" enumerate figure8 --store big.sqlite > /dev/null 2>&1
      "$shapefinder" runs export --store big.sqlite | head -n 1 | wc -l; echo ${PIPESTATUS[0]}
      """)
    #expect(answer.output == "1\n0\n")
    #expect(answer.errors == "")
  }

  @Test func anEmptyFileIsAnEmptyRun() throws {
    defer { program.remove() }
    let answer = try program.run("runs", "import", "-", "--store", "copy.sqlite", "--format", "csv", input: "")
    #expect(answer.status == 0)
    #expect(answer.output.hasSuffix("1,-,0,0,0,0,0\r\n"))
  }
}
