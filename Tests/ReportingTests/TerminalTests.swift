import Testing

@testable import Reporting

@Suite struct TerminalTests {
  private func terminal(_ environment: [String: String], isTerminal: Bool = true) -> Terminal {
    Terminal(variable: { environment[$0] }, isTerminal: isTerminal, size: isTerminal ? (columns: 132, lines: 43) : nil)
  }

  @Test func colorsFollowTheConventions() {
    let base = ["TERM": "xterm-256color", "LANG": "de_DE.UTF-8"]
    #expect(terminal(base).colorDepth == .indexed)
    #expect(terminal(base.merging(["COLORTERM": "truecolor"]) { $1 }).colorDepth == .exact)
    #expect(terminal(base.merging(["NO_COLOR": "1"]) { $1 }).colorDepth == .none)
    #expect(terminal(base.merging(["NO_COLOR": ""]) { $1 }).colorDepth == .indexed)
    #expect(terminal(base.merging(["TERM": "dumb"]) { $1 }).colorDepth == .none)
    #expect(terminal(base, isTerminal: false).colorDepth == .none)
    #expect(terminal(["CLICOLOR_FORCE": "1"], isTerminal: false).colorDepth == .indexed)
    #expect(terminal(["CLICOLOR_FORCE": "0"], isTerminal: false).colorDepth == .none)
    #expect(terminal(["CLICOLOR_FORCE": "1", "NO_COLOR": "1"], isTerminal: false).colorDepth == .none)
    #expect(terminal(["FORCE_COLOR": "1"], isTerminal: false).colorDepth == .indexed)
    #expect(terminal(["FORCE_COLOR": "0"], isTerminal: false).colorDepth == .none)
    #expect(terminal(["FORCE_COLOR": "3", "NO_COLOR": "1"], isTerminal: false).colorDepth == .none)
  }

  @Test func thePersonsChoiceOfColorsWins() {
    func depth(_ choice: ColorChoice, _ environment: [String: String]) -> Terminal.ColorDepth {
      Terminal(variable: { environment[$0] }, isTerminal: false, color: choice).colorDepth
    }
    #expect(depth(.always, [:]) == .indexed && depth(.always, ["NO_COLOR": "1", "TERM": "dumb"]) == .indexed)
    #expect(depth(.never, ["FORCE_COLOR": "1"]) == .none && depth(.auto, ["FORCE_COLOR": "1"]) == .indexed)
  }

  @Test(arguments: ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TERM"]) func colorsDoNotChangeTheWidth(name: String) {
    for value in ["", "1", "dumb"] {
      #expect(terminal([name: value]).columns == 132 && terminal([name: value], isTerminal: false).columns == 100)
    }
  }

  @Test func widthComesFromColumnsThenTheTerminal() {
    #expect(terminal([:]).columns == 132)
    #expect(terminal(["COLUMNS": "90"]).columns == 90)
    #expect(terminal(["COLUMNS": "wide"]).columns == 132)
    #expect(terminal(["COLUMNS": "-4"]).columns == 132)
    #expect(terminal(["COLUMNS": "3"]).columns == 20)
    #expect(terminal([:], isTerminal: false).columns == 100)
    #expect(Terminal(variable: { _ in nil }, isTerminal: true).columns == 80)
    #expect(terminal([:]).isNarrow && !terminal([:], isTerminal: false).isNarrow)
    #expect(terminal(["COLUMNS": "60"], isTerminal: false).isNarrow)
    #expect(terminal([:]).lines == 43 && terminal([:], isTerminal: false).lines == nil)
  }

  @Test func localeTellsUnicodeAndFilesAlwaysTakeIt() {
    #expect(terminal(["LANG": "C.utf8"]).isUnicode)
    #expect(!terminal(["LANG": "C"]).isUnicode)
    #expect(!terminal(["LC_ALL": "POSIX", "LANG": "en_US.UTF-8"]).isUnicode)
    #expect(terminal([:], isTerminal: false).isUnicode)
  }

  @Test func stylesAreControlSequencesOnlyWhereThereAreColors() {
    let text = Styled("a ") + Styled("fits", .good) + Styled("!", Style(color: .exact(RGB(0xE08A00)), isDim: true))
    #expect(text.rendered(for: .plain) == "a fits!")
    #expect(
      text.rendered(for: Terminal(colorDepth: .exact))
        == "a \u{1B}[1;32mfits\u{1B}[0m\u{1B}[2;38;2;224;138;0m!\u{1B}[0m")
    #expect(text.rendered(for: Terminal(colorDepth: .indexed)).contains("\u{1B}[2;38;5;172m!"))
    #expect(text.columns == 7 && text.truncated(to: 5).plain == "a fi…")
  }

  @Test(arguments: [
    (0x000000, 16), (0xFFFFFF, 231), (0xFF0000, 196), (0x808080, 244), (0x5F87AF, 67), (0x080808, 232),
  ])
  func nearestOf256(hex: UInt32, index: UInt8) { #expect(RGB(hex).nearest256 == index) }

  @Test(arguments: [
    (0.0, ""), (0.5, "████"), (1.0, "████████"), (7.0, "████████"), (0.001, "▏"), (0.53, "████▎"), (-1, ""), (.nan, ""),
  ])
  func barsGoByEighths(fraction: Double, bar: String) { #expect(Bar.text(fraction, width: 8) == bar) }

  @Test func asciiBarsAndRules() {
    #expect(Bar.text(0.5, width: 8, isUnicode: false) == "####")
    #expect(Bar.text(0.01, width: 8, isUnicode: false) == "#")
    #expect(Styled("── µs × 3…").rendered(for: Terminal(isUnicode: false)) == "-- us x 3.")
  }

  @Test func linesBreakAtBlanksWhereTheyWouldBreakInAWord() {
    let narrow = Terminal(columns: 20, isInteractive: true)
    #expect(narrow.lines(of: "error: a shape that is not known") == "error: a shape that\nis not known\n")
    #expect(narrow.lines(of: "  See 'shapefinder' for more") == "  See 'shapefinder'\n  for more\n")
    #expect(narrow.lines(of: "1 of 5  ViT-S/16  fits  12 ms") == "1 of 5  ViT-S/16 \nfits  12 ms\n")
    #expect(narrow.lines(of: "a-word-longer-than-the-line\n\nb") == "a-word-longer-than-the-line\n\nb\n")
    #expect(narrow.lines(of: "twenty columns wide.") == "twenty columns wide.\n")
    // Another program reads whole lines.
    #expect(Terminal(columns: 20).lines(of: "error: a shape that is not known") == "error: a shape that is not known\n")
  }
}
