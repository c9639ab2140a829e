import Foundation
import Testing
import VisionTransformer

@testable import Catalog

/// Every kind of broken file, with the position that the error must name.
@Suite struct BrokenFileTests {
  /// The error of the bundled catalog with one file replaced or added.
  static func error(_ path: String, _ text: String) -> String? {
    var files = CatalogFile.bundled.filter { $0.path != path }
    files.append(CatalogFile(path: path, display: "shapes/" + path, text: text))
    do {
      _ = try Catalog(files: files)
      return nil
    } catch {
      return error.description
    }
  }

  static let grid = """
    summary: A grid.
    source: Made up.
    axes:
      depth: 1..4
      width: [64, 128]
      heads: 2
      mlpWidth: 4x
      patch: 16
    fixed:
      classes: 10
    settings:
      - name: one
        head: gap
    constraints:
      headWidth: 16..
    mark: []
    """

  @Test func theGridThatIsBrokenBelowIsWhole() {
    #expect(Self.error("grids/x.yaml", Self.grid) == nil)
  }

  /// A text of the grid, its replacement, how the error begins and what it contains.
  @Test(arguments: [
    ("depth: 1..4", "depth: 1..x", "shapes/grids/x.yaml:4:13: axes.depth: ", "expected a number"),
    ("depth: 1..4", "depth: \"1..x\"", "shapes/grids/x.yaml:4:14: axes.depth: ", "expected a number"),
    ("depth: 1..4", "depth: 0", "shapes/grids/x.yaml:4:10: axes.depth: ", "above 0"),
    ("depth: 1..4", "depth: 20000", "shapes/grids/x.yaml:4:10: axes.depth: 20000", "between 1 and 10000"),
    ("depth: 1..4", "depth: {from: 1}", "shapes/grids/x.yaml:4:10: axes.depth: ", "a range"),
    ("depth: 1..4", "depths: 1..4", "shapes/grids/x.yaml:4:3: axes.depths is not a known key", "depth"),
    ("  depth: 1..4\n", "", "shapes/grids/x.yaml:4:3: axes.depth: is missing", ""),
    ("[64, 128]", "[64, 128, 1.5]", "shapes/grids/x.yaml:5:20: axes.width: ", "whole number"),
    ("[64, 128]", "[64, [128]]", "shapes/grids/x.yaml:5:15: axes.width: ", "a list of 1"),
    ("[64, 128]", "[64, 128", "shapes/grids/x.yaml:6:8: is not YAML: ", "flow sequence"),
    ("mlpWidth: 4x", "mlpWidth: 3x..6x", "shapes/grids/x.yaml:7:19: axes.mlpWidth: ", "needs a step"),
    ("heads: 2", "heads: 4x", "shapes/grids/x.yaml:6:10: axes.heads: 4x", "write width/64"),
    ("classes: 10", "classes: 0", "shapes/grids/x.yaml:10:12: fixed.classes: 0", "between 1"),
    ("classes: 10", "batch: 4", "shapes/grids/x.yaml:10:10: fixed.batch: ", "under axes"),
    ("classes: 10", "clases: 4", "shapes/grids/x.yaml:10:3: fixed.clases is not a known key", #""classes""#),
    ("classes: 10", "device: tpu-v9", "shapes/grids/x.yaml:10:11: fixed.device: ", "tpu-v3"),
    ("head: gap", "head: top", "shapes/grids/x.yaml:13:11: settings.one.head: ", "token, gap, map"),
    ("    head: gap", "    heads: gap", "shapes/grids/x.yaml:13:5: settings.one.heads is not a known key", #""head""#),
    ("name: one", "colour: blue", "shapes/grids/x.yaml:12:5: settings.name: is missing", ""),
    ("head: gap", "colour: mauve", "shapes/grids/x.yaml:13:13: settings.colour: ", "orange, green, blue"),
    ("    head: gap", "  - name: one", "shapes/grids/x.yaml:13:5: settings: the name \"one\" stands twice", ""),
    ("headWidth: 16..", "headWidth: 16..x", "shapes/grids/x.yaml:15:18: constraints.headWidth: ", "expected bounds"),
    ("headWidth: 16..", "width: 16..", "shapes/grids/x.yaml:15:3: constraints.width is not a known key", "mlpRatio"),
    ("mark: []", "mark: [ViT-x/14]", "shapes/grids/x.yaml:16:8: mark: ", "not a known shape"),
    ("mark: []", "mark: [ViT-G/14]", "shapes/grids/x.yaml:16:8: mark: ", "does not lie on the grid"),
    ("mark: []", "marks: []", "shapes/grids/x.yaml:16:1: marks is not a known key", #""mark""#),
    ("source: Made up.", "source: ", "shapes/grids/x.yaml:2:8: source: ", "must be text"),
    ("source: Made up.\n", "", "shapes/grids/x.yaml:1:1: source: is missing", ""),
    ("source: Made up.", "summary: again", "shapes/grids/x.yaml:1:1: the key \"summary\" stands more than once", ""),
    ("source: Made up.", "source: : :", "shapes/grids/x.yaml:2:9: is not YAML: ", "mapping values"),
    ("source: Made up.", "source: \"open", "shapes/grids/x.yaml:16:9: is not YAML: ", "quoted scalar"),
    ("source: Made up.", "source: \u{1}", "shapes/grids/x.yaml:2:9: is not YAML: ", "control characters"),
    ("source: Made up.", "source: &a Made", "shapes/grids/x.yaml:2:9: anchors and aliases", ""),
    ("source: Made up.", "source: *a", "shapes/grids/x.yaml:2:9: is not YAML: ", "undefined alias"),
    ("mark: []", "mark: []\n---\nx: 1", "shapes/grids/x.yaml:17:1: is not YAML: ", "another document"),
  ])
  func brokenGridsNameLineAndColumn(old: String, new: String, beginning: String, rest: String) throws {
    let text = Self.grid.replacing(old, with: new, maxReplacements: 1)
    try #require(text != Self.grid)
    let error = try #require(Self.error("grids/x.yaml", text))
    #expect(error.hasPrefix(beginning), "\(error)")
    #expect(rest.isEmpty || error.contains(rest), "\(error)")
  }

  /// Whole files: path, text, and how the error begins.
  @Test(arguments: [
    ("grids/x.yaml", "", "shapes/grids/x.yaml:1:1: is empty"),
    ("grids/x.yaml", "# nothing but a comment\n", "shapes/grids/x.yaml:1:1: is empty"),
    ("grids/x.yaml", "---\n", "shapes/grids/x.yaml:1:1: is empty"),
    ("grids/x.yaml", "7", "shapes/grids/x.yaml:1:1: the file: 7 is not valid: must be a mapping"),
    ("grids/x.yaml", "- a", "shapes/grids/x.yaml:1:1: the file: a list of 1 is not valid: must be a mapping"),
    ("grids/x.yaml", "? [a]\n: b\n", "shapes/grids/x.yaml:1:3: a list of 1 is not a known key"),
    ("vit.yaml", "variants: 5", "shapes/vit.yaml:1:11: variants: 5 is not valid"),
    (
      "vit.yaml", "variants:\n  A: {width: 8, depth: 1, mlpWidth: 1, heads: 3, source: x}",
      "shapes/vit.yaml:2:47: variants.A.heads: 3 is not valid: must divide the width 8"
    ),
    (
      "vit.yaml", "variants:\n  A: {width: 8, depth: 1, mlpWidth: 1, heads: 2}",
      "shapes/vit.yaml:2:6: variants.A.source"
    ),
    (
      "vit.yaml", "variants:\n  A: {width: 8, depth: 1.5, mlpWidth: 1, heads: 2, source: x}",
      "shapes/vit.yaml:2:24: variants.A.depth: 1.5 is not valid: must be a whole number between 1 and 10000"
    ),
    ("vit.yaml", "variants:\n  A/B: {}", "shapes/vit.yaml:2:3: variants: \"A/B\" is not valid: must be"),
    (
      "vit.yaml",
      """
      variants:
        A: {width: 8, depth: 1, mlpWidth: 1, heads: 2, source: x}
        B: {width: 8, depth: 1, mlpWidth: 1, heads: 2, source: x, aliases: [A]}
      """, "shapes/vit.yaml:3:3: variants.B: the name \"A\" stands twice"
    ),
    (
      "vit.yaml",
      """
      variants:
        A: {width: 8, depth: 1, mlpWidth: 1, heads: 2, source: x}
        A: {width: 8, depth: 1, mlpWidth: 1, heads: 2, source: x}
      """, "shapes/vit.yaml:2:3: the key \"A\" stands more than once"
    ),
    (
      "vit.yaml",
      """
      variants:
        A:
          {width: 8, depth: 1, mlpWidth: 1, heads: 2, source: x,
           published: [{patch: 16, millionParameters: -5, source: y}]}
      """, "shapes/vit.yaml:4:49: variants.A.published.millionParameters: -5 is not valid"
    ),
    ("calibrations/x.yaml", "a: 0.5", "shapes/calibrations/x.yaml:1:4: a: 0.5 is not valid: must be {value: ..."),
    ("calibrations/x.yaml", "a: {value: 0.5}", "shapes/calibrations/x.yaml:1:4: a.source: is missing"),
    ("calibrations/x.yaml", "a: {value: x, source: y}", "shapes/calibrations/x.yaml:1:12: a: \"x\" is not valid"),
    (
      "calibrations/x.yaml", "a: {value: .nan, source: y}", "shapes/calibrations/x.yaml:1:12: a: \".nan\" is not valid"
    ),
    (
      "calibrations/x.yaml", "a: {value: 1, source: y, unit: z}",
      "shapes/calibrations/x.yaml:1:26: a.unit is not a known"
    ),
    (
      "calibrations/x.yaml", "cycles: {source: y, values: {prodcut: 1}}",
      "shapes/calibrations/x.yaml:1:30: cycles.prodcut is not a constant of the model (did you mean"
    ),
    (
      "calibrations/x.yaml", "cycles: {source: y, values: {product: x}}",
      "shapes/calibrations/x.yaml:1:39: cycles.product: \"x\" is not valid: must be a number"
    ),
    (
      "calibrations/x.yaml", "cycles: {source: y, values: 1}",
      "shapes/calibrations/x.yaml:1:29: cycles.values: 1 is not valid"
    ),
    (
      "calibrations/x.yaml", "cycles: {source: y, value: 1, values: {product: 1}}",
      "shapes/calibrations/x.yaml:1:9: cycles: has value and values, and can have only one"
    ),
    (
      "calibrations/x.yaml", "a: {value: 1, source: y, rows: 0}",
      "shapes/calibrations/x.yaml:1:32: a.rows: 0 is not valid"
    ),
    (
      "calibrations/x.yaml", "a: {value: 1, source: y, residual: 2}",
      "shapes/calibrations/x.yaml:1:36: a.residual: 2 is not valid"
    ),
    (
      "calibrations/tpu-v2.yaml", "cycles: {source: y, values: {product: 0}}",
      "calibrations/tpu-v2.yaml: cycles.product must be there, a number above zero"
    ),
    ("calibrations/x.yaml", "- a", "shapes/calibrations/x.yaml:1:1: a list of 1 is not valid"),
  ])
  func brokenFilesNameLineAndColumn(path: String, text: String, beginning: String) throws {
    let error = try #require(Self.error(path, text))
    #expect(error.hasPrefix(beginning), "\(error)")
  }

  /// Edits of the device file of TPUv3: the text of a value, its replacement, and how the error continues.
  @Test(arguments: [
    (
      "value: 450 GB/s", "value: 450",
      "bandwidth: 450 is not valid: must be a positive number with one of the units GB/s"
    ),
    ("value: 16 GiB", "value: 15 GiB", "usableMemory: "),
    (
      "value: 16 GiB", "value: much",
      "memory: \"much\" is not valid: must be a whole number of bytes such as 16000000000"
    ),
    ("value: 16 GiB", "value: 16", "memory: 16 is not valid: 16 bytes? write 16GiB"),
    ("value: 16624123904", "value: 16624123904\n  unit: B", "usableMemory.unit is not a known key"),
    (
      "value: compiled", "value: yes",
      "validation: \"yes\" is not valid: must be one of compiled, memory, not-yet-validated"
    ),
    ("kind: tpu", "kind: gpu", "kind: \"gpu\" is not valid: there is no GPU model yet: must be one of tpu, cpu"),
    ("kind: tpu\n", "", "kind: is missing"),
    ("kind: tpu", "kind: cpu", "matrixUnits is a key of a tpu alone, and this device is a cpu"),
    ("lanes:", "threads:", "threads is a key of a cpu alone, and this device is a tpu"),
    ("value: core", "value: host", "unit: \"host\" is not valid: must be one of core, chip"),
    ("value: 2\n", "value: 0\n", "matrixUnits: 0 is not valid: must be a whole number between 1 and 65536"),
    ("value: 2\n", "value: 2.5\n", "matrixUnits: 2.5 is not valid"),
    ("value: 8, 32", "value: 8, x32", "sliceSizes: \"8, x32, "), ("value: 8, 32", "value: 0, 32", "sliceSizes: "),
    ("value: 8, 32", "value: 1x, 32", "sliceSizes: "),
  ])
  func brokenDevicesNameTheField(old: String, new: String, rest: String) throws {
    let whole = try #require(CatalogFile.bundled.first { $0.path == "devices/tpu-v3.yaml" }).text
    let text = whole.replacing(old, with: new, maxReplacements: 1)
    try #require(text != whole)
    let error = try #require(Self.error("devices/tpu-v3.yaml", text))
    #expect(error.hasPrefix("shapes/devices/tpu-v3.yaml:"))
    #expect(error.contains(": " + rest), "\(error)")
  }

  @Test func aFigureWithoutSourceIsAnError() throws {
    let whole = try #require(CatalogFile.bundled.first { $0.path == "devices/tpu-v2.yaml" }).text
    let lines = whole.split(separator: "\n", omittingEmptySubsequences: false)
    let value = try #require(lines.firstIndex { $0.contains("700 MHz") })
    let text = (lines[...value] + lines[(value + 3)...]).joined(separator: "\n")
    let error = try #require(Self.error("devices/tpu-v2.yaml", text))
    #expect(error == "shapes/devices/tpu-v2.yaml:\(value + 1):3: clock.source: is missing")
  }

  /// Nested aliases that would stand for 9^9 nodes, as values and as keys.
  @Test(arguments: [false, true])
  func aliasBombsAreRefusedAtOnce(asKeys: Bool) throws {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let list = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      text += asKeys ? "? &a\(level) [\(list)]\n: x\n" : "a\(level): &a\(level) [\(list)]\n"
    }
    let clock = ContinuousClock()
    var error: String?
    let time = clock.measure { error = Self.error("grids/x.yaml", text) }
    #expect(error?.hasPrefix("shapes/grids/x.yaml:1:5: anchors and aliases are not accepted") == true)
    #expect(time < .seconds(2))
  }

  @Test(arguments: ["[", "{a: ", "- ", "? ", "a:\n "])
  func deepNestingIsAnErrorAndNoTrap(unit: String) throws {
    let deep = String(repeating: unit, count: 20_000)
    let nested =
      unit.contains("\n") ? (0..<900).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n") : deep
    let error = try #require(Self.error("grids/x.yaml", nested))
    #expect(error.hasPrefix("shapes/grids/x.yaml"))
    #expect(error.utf8.count < 500)
  }

  @Test func aGridForADeviceThatIsNotThereIsAnError() throws {
    let text = Self.grid.replacing("fixed:\n  classes: 10\n", with: "")
    try #require(text != Self.grid)
    let files = [CatalogFile(path: "grids/x.yaml", display: "x", text: text)]
    let error = try #require(throws: CatalogError.self) { try Catalog(files: files) }
    #expect(error.description.hasPrefix("x:1:1: fixed.device: \"tpu-v3\" is not valid: must be one of"))
  }

  @Test func textIsNotInterpretedAsYAML11WouldDoIt() {
    #expect(LooseValue(plain: "no") == .string("no"))
    #expect(LooseValue(plain: "0x10") == .string("0x10"))
    #expect(LooseValue(plain: "1_000") == .string("1_000"))
    #expect(LooseValue(plain: "12:30") == .string("12:30"))
    #expect(LooseValue(plain: "-1.5e3") == .integer(-1500))
    #expect(LooseValue(plain: "1e999") == .string("1e999"))
    #expect(LooseValue(plain: "~") == .null)
    #expect(LooseValue(plain: "true") == .boolean(true))
  }
}
