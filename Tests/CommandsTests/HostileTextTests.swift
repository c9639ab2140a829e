import Foundation
import Testing
import VisionTransformer

/// Names, notes and messages with control characters, from stores, catalogs, files and the command line.
@Suite final class HostileTextTests {
  let program: Program

  init() throws { program = try Program() }
  deinit { program.remove() }

  /// Clears the screen, sets a title, turns the text round, begins a line of its own, and does it in one byte more.
  private static let hostile = "x\u{1B}[2J\u{1B}]0;t\u{7}\u{202E}y\n\u{9B}31m\u{2028}z"

  private func expectVisible(_ text: String, _ place: String) {
    let raw = text.unicodeScalars.filter { !$0.isVisible && $0 != "\n" }
    #expect(raw.isEmpty, "\(place): \(raw.map { String($0.value, radix: 16) })")
  }

  /// A store of which every text is hostile, with evidence of every kind.
  private func makeStore() throws {
    _ = try program.run("enumerate", "small", "--store", "s.sqlite", "--limit", "4")
    _ = try program.run(
      "measure", "--width", "32", "--depth", "1", "--mlp-width", "64", "--heads", "2", "--patch", "16", "--batch", "1",
      "--image-size", "32", "--classes", "10", "--steps", "1", "--store", "s.sqlite")
    let text = "'" + Self.hostile + "'"
    let json = "json_array(\(text), \(text))"
    for sql in [
      "UPDATE run SET command = \(text), grid = \(text), model_version = \(text), host = \(text), started = \(text)",
      "UPDATE provenance SET source = \(text), version = \(text), speaks_for = \(text), host = \(text)",
      "INSERT INTO note (sentences) VALUES (\(json))",
      "UPDATE evidence SET note_id = (SELECT max(id) FROM note), shape_name = \(text), time = \(text)",
      "UPDATE setting SET device = \(text)",
    ] { _ = try program.sqlite("s.sqlite", sql) }
  }

  @Test func nothingOfAStoreReachesTheTerminalRaw() throws {
    try makeStore()
    for command in [
      "runs list", "runs show 1", "runs show 2", "runs export --format table", "runs export 1 --format table",
      "map --from-store --run 1", "map --from-store --run 1 --plain --svg -", "map --from-store --evidence measured",
      "runs show 1 --format json", "runs export --format ndjson", "map --from-store --run 1 --format json",
    ] {
      let answer = try program.shell("\"$shapefinder\" \(command) --store s.sqlite")
      #expect([0, 3].contains(answer.status), "\(command): \(answer.errors)")
      let isMap = command.hasPrefix("map") && command.hasSuffix("json")
      #expect(answer.output.contains("\\u") || isMap, "\(command): \(answer.output)")
      expectVisible(answer.output, command)
      expectVisible(answer.errors, command)
    }
    // A terminal is a terminal in every form.
    for form in ["csv", "ndjson", "table"] {
      let seen = try program.shell(
        "NO_COLOR=1 script -qec \"'$shapefinder' runs export --format \(form) --store s.sqlite\" /dev/null")
      #expect(seen.output.contains("\\u") && seen.output.contains("[2J"), "\(form): \(seen.output)")
      // The terminal's own line breaks.
      let text = String(String.UnicodeScalarView(seen.output.unicodeScalars.filter { $0 != "\r" }))
      expectVisible(text, "\(form) on a terminal")
    }
    // CSV has no escapes: the exact data.
    #expect(
      try program.shell("\"$shapefinder\" runs export --format csv --store s.sqlite").output.contains(Self.hostile))
  }

  @Test func nothingOfTheCommandLineReachesTheTerminalRaw() throws {
    let text = "$'x\\e[2J\\e]0;t\\a\\u202ey\\n\\u009b31m\\u2028z'"
    try program.write("bad.ndjson", Data("{\"shape\": \"a\\u001b[2J\\u202e\", \"x\\u009b\\n\": 1}\nno\u{1B}[2J\n".utf8))
    for arguments in [
      "check \(text)", "check ViT-G/14 --device \(text)", "check ViT-G/14 --head \(text)", "\(text)",
      "check ViT-G/14 --\(text)",
      "check ViT-G/14 --batch \(text)", "check ViT-G/14 --memory-limit \(text)", "enumerate \(text)",
      "grids show \(text)",
      "devices show \(text)", "runs list --store \(text)", "runs export 1 --output \(text)/x --store \(text)",
      "map figure8 --svg \(text)/x.svg --heads 16 --mlp-width 8192 --width 1664", "check ViT-G/14 --catalog \(text)",
      "check --configurations \(text)", "check --configurations bad.ndjson --format table",
      "runs import \(text) --store s.sqlite", "runs import bad.ndjson --store s.sqlite",
      "enumerate small --no-store --width \(text)", "check ViT-G/14 --svg \(text)/x",
    ] {
      let answer = try program.shell("\"$shapefinder\" \(arguments)")
      #expect(answer.status != 0, "\(arguments): \(answer.output)")
      expectVisible(answer.output, arguments)
      expectVisible(answer.errors, arguments)
    }
  }

  @Test func nothingOfACatalogReachesTheTerminalRaw() throws {
    let text = #""x\e[2J\u202e\u009b31m\nz""#
    let folder = program.folder.appending(path: "mine")
    try FileManager.default.createDirectory(
      at: folder.appending(path: "grids"), withIntermediateDirectories: true)
    let variants = """
      variants:
        ODD:
          width: 64
          depth: 2
          mlpWidth: 128
          heads: 2
          source: ODD
      """
    try program.write("mine/vit.yaml", variants.replacing("ODD", with: text).utf8)
    let grid = """
      summary: ODD
      source: ODD
      axes: {depth: [1, 2], width: 64, heads: 2, mlpWidth: 128, patch: 16, batch: 1, imageSize: 32}
      settings:
        - {name: one, label: ODD, colour: orange, head: token, optimizer: adam}
      """
    try program.write("mine/grids/odd.yaml", grid.replacing("ODD", with: text).utf8)
    for command in [
      "shapes list", "grids list", "grids show odd", "enumerate odd --no-store", "map odd", "map odd --svg -",
      "shapes show $'x\\e[2J\\u202e\\u009b31m\\nz/16'", "check $'x\\e[2J\\u202e\\u009b31m\\nz/16' --batch 1",
      "check $'x\\e[2J\\u202e\\u009b31m\\nz/16' --timeline --svg t.svg",
      "check $'x\\e[2J\\u202e\\u009b31m\\nz/16' --optimizer adam --batch 4096 --suggest",
      "optimizers $'x\\e[2J\\u202e\\u009b31m\\nz/16'",
    ] {
      let answer = try program.shell("\"$shapefinder\" \(command) --catalog mine; if [ -e t.svg ]; then cat t.svg; fi")
      expectVisible(answer.output, command)
      expectVisible(answer.errors, command)
      #expect(!answer.output.isEmpty || !answer.errors.isEmpty, "\(command)")
    }
  }
}
