import Foundation
import Testing
import VisionTransformer

@testable import Reporting

/// Text from files never controls a terminal.
@Suite struct VisibleTextTests {
  /// A text that moves, hides, recolours or reverses its surroundings, and how it is shown.
  static let hostile: [(text: String, shown: String)] = [
    ("a\u{1B}[2Jb", "a\\u{1b}[2Jb"), ("\u{1B}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"), ("a\r\nb", "a\\u{d}\\u{a}b"),
    ("\u{1B}[31mred\u{1B}[0m", "\\u{1b}[31mred\\u{1b}[0m"), ("\u{9B}2Jcsi", "\\u{9b}2Jcsi"), ("\u{7F}", "\\u{7f}"),
    ("a\tb\u{8}", "a\\u{9}b\\u{8}"), ("\0", "\\u{0}"), ("\u{202E}txt.exe", "\\u{202e}txt.exe"),
    ("\u{2066}i\u{2069}", "\\u{2066}i\\u{2069}"), ("a\u{200B}b\u{FEFF}", "a\\u{200b}b\\u{feff}"),
    ("line\u{2028}line\u{2029}", "line\\u{2028}line\\u{2029}"), ("\u{AD}\u{61C}\u{200F}", "\\u{ad}\\u{61c}\\u{200f}"),
    ("tag\u{E0041}", "tag\\u{e0041}"), ("\u{85}", "\\u{85}"),
  ]

  @Test(arguments: hostile) func itIsShownAsEscapes(text: String, shown expected: String) {
    #expect(visible(text) == expected)
    #expect(Styled(text).rendered(for: .plain) == expected)
    #expect(Styled(text, .bold).rendered(for: Terminal(colorDepth: .exact)) == "\u{1B}[1m\(expected)\u{1B}[0m")
    // Columns are counted as they are shown.
    #expect(Styled(text).columns == expected.count)
    #expect(Styled(text).padded(to: 40).rendered(for: .plain).count == 40)
  }

  @Test(arguments: ["ViT-G/14", "µs – 3 × 4 … → ≤", "█▉▊ ─│┼ ▀▲", "日本語", "naïve", "e\u{301}", "العربية", "😀", ""])
  func whatIsToBeReadStays(text: String) {
    #expect(visible(text) == text)
    #expect(shown(text) == text)
    var writer = JSONWriter()
    writer.string(text)
    #expect(writer.text == "\"\(text)\"")
  }

  /// One of everything that shows a text.
  private func outputs(_ text: String) -> [String: String] {
    var row = Sample.fits
    row.configuration.shapeName = text
    row.configuration.device = text
    row.provenance.notes = [text]
    row.provenance.speaksFor = text
    let colors = Terminal(columns: 80, colorDepth: .none, isInteractive: true)
    let facts = Facts([(text, text)])
    let error = LineError(line: 1, key: text, value: text, rule: text)
    let written = MemorySink()
    var rows = RowWriter(.results, format: .table, to: written, expectsErrors: true)
    try? rows.begin()
    try? rows.append(row)
    try? rows.append(error)
    try? rows.end()
    // A text form of a table that forgot to say what is text and what is style.
    let forgetful = MemorySink()
    try? Listing<StepResult>.results.write([row], format: .table, to: forgetful) { "title \(text)\n" }
    let progress = MemorySink()
    var block = LiveBlock(terminal: colors, to: progress)
    block.draw(text)
    var svg = SVG(width: 100, height: 100, title: text)
    svg.text(text, x: 0, y: 0, halo: true)
    return [
      "report": CheckReport.text(.init(result: row, caveat: text, peak: text, notes: [text]), terminal: colors),
      "table": Listing<StepResult>.results.text([row], format: .table, terminal: colors), "rows": written.text,
      "facts": facts.text(title: text, terminal: colors), "remarks": Remarks.text([text]), "forgetful": forgetful.text,
      "progress": String(progress.text.dropFirst("\r\u{1B}[J".count)), "svg": svg.document,
      "json": Listing<StepResult>.results.text([row], format: .json),
    ]
  }

  @Test(arguments: hostile.filter { !$0.text.contains("\n") })
  func nothingThatShowsTextLetsItThrough(text: String, shown: String) {
    for (name, output) in outputs(text) {
      // Colours alone pass where a text comes together without `Styled`, and only there.
      if ["forgetful", "progress"].contains(name), text.contains("[31m") { continue }
      let raw = output.unicodeScalars.filter { !$0.isVisible && $0 != "\n" }
      #expect(raw.isEmpty, "\(name): \(raw.map { String($0.value, radix: 16) })")
    }
  }

  @Test(arguments: hostile) func machineFormsAreTheExactData(text: String, shown: String) throws {
    var row = Sample.fits
    row.provenance.notes = [text]
    row.configuration.device = text
    let json = Listing<StepResult>.results.text([row], format: .ndjson)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect((object["device"] as? String)?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
    #expect(object["device"] as? String == text)
    let csv = Listing<StepResult>.results.text([row], format: .csv)
    #expect(csv.utf8.count > 0 && csv.contains(text))
  }

  @Test func stylesAndLineBreaksOfThisProgramPass() {
    let text = [Styled("a", .good) + Styled("b"), Styled("c", Style(color: .exact(RGB(0x123456)), isBold: true))]
      .rendered(for: Terminal(colorDepth: .exact))
    #expect(text.contains("\u{1B}[1;38;2;18;52;86m") && shown(text) == text)
    #expect(shown("\u{1B}[2Jx\u{1B}[1;31Hy\u{1B}") == "\\u{1b}[2Jx\\u{1b}[1;31Hy\\u{1b}")
    #expect(shown("\u{1B}[" + String(repeating: "1;", count: 100) + "m").hasPrefix("\\u{1b}["))
  }
}
