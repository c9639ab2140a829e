import Foundation
import Testing
import VisionTransformer

@testable import Reporting

@Suite struct FitMapTests {
  private static let figure = Sample.map()

  private func empty(_ settings: [String] = ["original", "green", "blue"], marks: [FitMap.Mark] = []) -> FitMap {
    FitMap(title: "map", settings: settings, marks: marks, provenance: "estimated")
  }

  private func shape(_ width: Int, _ depth: Int, mlpWidth: Int = 4096, heads: Int = 16) -> Shape {
    Shape(width: width, depth: depth, mlpWidth: mlpWidth, heads: heads, patch: 14)
  }

  // MARK: The model

  @Test func cheapestSettingWinsInWhateverOrderAnswersCome() throws {
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
      var map = empty()
      for setting in order {
        map.insert(
          shape(512, 4), setting: setting, verdict: setting >= 1 ? .fits : .doesNotFit,
          imagesPerSecond: Double(10 * (setting + 1)))
      }
      let cell = try #require(map.cell(.init(heads: 16, mlpWidth: 4096), width: 512, depth: 4))
      #expect(cell.firstFitting == 1 && cell.firstUncertain == nil && cell.speed == 20)
    }
  }

  @Test func uncertainCountsOnlyWhereNothingCheaperFits() throws {
    var map = empty()
    map.insert(shape(512, 1), setting: 0, verdict: .uncertain, imagesPerSecond: 9)
    map.insert(shape(512, 1), setting: 1, verdict: .fits, imagesPerSecond: 8)
    map.insert(shape(512, 2), setting: 0, verdict: .fits, imagesPerSecond: 9)
    map.insert(shape(512, 2), setting: 1, verdict: .uncertain, imagesPerSecond: 8)
    map.insert(shape(512, 3), setting: 2, verdict: .uncertain, imagesPerSecond: 7)
    map.insert(shape(512, 4), setting: 2, verdict: .doesNotFit, imagesPerSecond: 6)
    let panel = FitMap.Panel(heads: 16, mlpWidth: 4096)
    let looks = (1...5).map { map.appearance(panel, width: 512, depth: $0, scales: map.speedScales) }
    #expect(
      looks == [
        .uncertain(setting: 0, fallback: 1, level: 9), .fits(setting: 0, level: 9),
        .uncertain(setting: 2, fallback: nil, level: 5), .blank, .absent,
      ])
    let counts = map.counts
    #expect(counts.shapes == 4 && counts.fitting == [1, 1, 0] && counts.uncertain == 1)
  }

  @Test func laterAnswerReplacesTheEarlier() throws {
    var map = empty()
    map.insert(shape(512, 1), setting: 0, verdict: .fits, imagesPerSecond: 9)
    map.insert(shape(512, 1), setting: 0, verdict: .uncertain, imagesPerSecond: 9)
    map.insert(shape(512, 1), setting: 0, verdict: .doesNotFit, imagesPerSecond: nil)
    let cell = try #require(map.cell(.init(heads: 16, mlpWidth: 4096), width: 512, depth: 1))
    #expect(cell.firstFitting == nil && cell.firstUncertain == nil && cell.speed == nil)
  }

  @Test func settingsBeyondTheMapAndImpossibleShapesAreNotPartOfIt() {
    var map = empty((0..<9).map(String.init))
    #expect(map.settings.count == 6)
    map.insert(shape(512, 1), setting: 6, verdict: .fits, imagesPerSecond: 1)
    map.insert(shape(512, 1), setting: -1, verdict: .fits, imagesPerSecond: 1)
    map.insert(shape(0, 1), setting: 0, verdict: .fits, imagesPerSecond: 1)
    map.insert(shape(1 << 40, 1), setting: 0, verdict: .fits, imagesPerSecond: 1)
    #expect(map.counts.shapes == 0)
  }

  @Test func speedLevelsHoldAsManyShapesEach() {
    let scale = SpeedScale((1...900).map { Float($0) }.shuffled())
    var counts = Array(repeating: 0, count: 10)
    for speed in 1...900 { counts[scale.level(Float(speed))] += 1 }
    #expect(counts == [0] + Array(repeating: 100, count: 9))
    #expect(scale.fastest == 900 && scale.level(nil) == 5 && scale.level(0.5) == 1)
    #expect(SpeedScale([]).level(3) == 5)
  }

  // MARK: Selection

  @Test func defaultPanelsAreSixOfOneHeadCountWithTheMarksAmongThem() {
    let panels = Self.figure.panels(.init())
    #expect(panels.map(\.heads) == Array(repeating: 16, count: 6))
    #expect(panels.map(\.mlpWidth) == [1024, 3072, 6144, 8192, 10_240, 12_288])
  }

  @Test func panelsCanBeChosen() {
    let map = Self.figure
    #expect(map.panels(.all).count == 36)
    #expect(map.panels(.init(heads: .all, mlpWidths: .only([8192, 5]))).map(\.heads) == [8, 16, 32])
    #expect(map.panels(.init(heads: .only([7]))).isEmpty)
    #expect(
      map.text(options: .init(panels: .init(heads: .only([7])))).contains("No shape of this map has the heads"))
  }

  @Test func samplesKeepMarkedValuesAndRoundSteps() {
    let depths = Array(1...100)
    #expect(FitMap.sampled(depths, atMost: 25, keeping: [40, 48]) == Array(stride(from: 4, through: 100, by: 4)))
    #expect(FitMap.sampled(depths, atMost: 30, keeping: [41, 49]) == Array(stride(from: 1, through: 97, by: 4)))
    #expect(FitMap.sampled(depths, atMost: 100, keeping: []) == depths)
    #expect(FitMap.sampled(depths, atMost: 1, keeping: []) == [100])
    #expect(FitMap.sampled([], atMost: 5, keeping: [3]).isEmpty)
  }

  // MARK: Text

  @Test func figureReadsLikeThis() throws {
    let map = Self.figure
    try expectGolden(map.text(), "map-plain.txt")
    let six = FitMap.PanelSelection(mlpWidths: .only([6144, 8192]))
    try expectGolden(
      map.text(options: .init(panels: six, plainCell: .letterAndLevel), terminal: Terminal(columns: 80)),
      "map-levels.txt")
    let color = Terminal(columns: 120, colorDepth: .exact, isInteractive: true)
    try expectGolden(map.text(options: .init(panels: six), terminal: color), "map-color.txt")
    let indexed = Terminal(columns: 80, lines: 24, colorDepth: .indexed, isInteractive: true)
    try expectGolden(map.text(options: .init(panels: six), terminal: indexed), "map-256.txt")
  }

  @Test func plainCellsSayOrangeGreenBlueBlankAndUncertain() {
    var map = empty()
    for (index, width) in [512, 576, 640, 704, 768].enumerated() {
      for setting in 0..<3 {
        let verdict: Verdict =
          index < 3 ? (setting >= index ? .fits : .doesNotFit) : index == 3 ? .uncertain : .doesNotFit
        map.insert(shape(width, 10), setting: setting, verdict: verdict, imagesPerSecond: 10)
        map.insert(shape(width, 11), setting: setting, verdict: verdict, imagesPerSecond: 1)
      }
    }
    let lines = map.text().split(separator: "\n").map(String.init)
    #expect(lines.contains("   10 OGB?."))
    #expect(lines.contains("   11 ogb?."))
  }

  @Test func marksAreBracketedInThePlainFormAndExplained() {
    let text = Self.figure.text()
    #expect(text.contains("[g]") && text.contains("[G]"))
    #expect(
      text.contains("ViT-G/14 (1664x48x8192, 16 heads) fits in MAP head, Adafactor: 10.5 images/s a core"))
    let other = Self.figure.text(options: .init(panels: .init(mlpWidths: .only([1024]))))
    #expect(!other.contains("[G]") && other.contains("its panel is not drawn"))
    var lone = empty(marks: [.init(label: "G", name: "ViT-G/14", shape: Sample.giant)])
    lone.insert(shape(512, 1), setting: 0, verdict: .fits, imagesPerSecond: 3)
    #expect(lone.text().contains("ViT-G/14 (1664x48x8192, 16 heads) is not on this map"))
  }

  @Test func saysWhatItLeavesOut() {
    #expect(Self.figure.text().contains("6 of 36 panels; 25 of 100 depths (4, 8 … 100), each cell one real shape"))
    let narrow = Self.figure.text(terminal: Terminal(columns: 30))
    #expect(narrow.contains("of 33 widths"))
    var small = empty()
    small.insert(shape(512, 1), setting: 0, verdict: .fits, imagesPerSecond: 3)
    #expect(!small.text().contains("drawn"))
  }

  @Test(arguments: [30, 50, 80, 133, 300]) func panelsKeepToTheTerminal(columns: Int) {
    let text = Self.figure.text(terminal: Terminal(columns: columns))
    let panelLines = text.split(separator: "\n").prefix { !$0.contains("fits first in") }.dropFirst()
    for line in panelLines { #expect(line.count <= max(columns, 30), "\(line)") }
    #expect(!text.contains("\u{1B}"))
  }

  /// Two lines of three, where five would go beside each other.
  @Test func panelsAreSpreadEvenlyOverTheirLines() {
    let text = Self.figure.text(terminal: Terminal(columns: 200))
    let titles = text.split(separator: "\n").filter { $0.contains("MLP ") && $0.contains("16 heads") }
    #expect(titles.prefix(2).map { $0.components(separatedBy: "MLP ").count - 1 } == [3, 3])
  }

  @Test func colorFormHasNoLettersAndTwoDepthsALine() throws {
    var map = empty()
    for depth in 1...4 {
      map.insert(shape(512, depth), setting: 0, verdict: depth < 4 ? .fits : .doesNotFit, imagesPerSecond: nil)
    }
    let lines = map.text(terminal: Terminal(colorDepth: .exact)).split(separator: "\n").map(String.init)
    let middle = FitPalette.hue(0).shade(5)
    let code = "\(middle.red);\(middle.green);\(middle.blue)"
    #expect(lines.contains { $0.hasSuffix("\u{1B}[48;2;\(code)m \u{1B}[0m") })
    #expect(lines.contains { $0.hasSuffix("\u{1B}[38;2;\(code)m▀\u{1B}[0m") })
  }

  @Test func asciiTerminalWithColorsUsesOneDepthALine() {
    let text = Self.figure.text(terminal: Terminal(columns: 80, colorDepth: .indexed, isUnicode: false))
    #expect(text.utf8.allSatisfy { $0 < 0x80 })
    #expect(text.contains("25 of 100 depths"))
  }

  // MARK: Rows and SVG

  @Test func machineRowsNameSettings() {
    var map = empty()
    map.insert(shape(576, 2), setting: 1, verdict: .fits, imagesPerSecond: 12.5)
    map.insert(shape(512, 2), setting: 0, verdict: .uncertain, imagesPerSecond: nil)
    #expect(
      FitMap.listing.text(map.rows, format: .csv)
        == "width,depth,mlpWidth,heads,fitsIn,uncertainIn,imagesPerSecond\r\n512,2,4096,16,,original,\r\n"
        + "576,2,4096,16,green,,12.5\r\n")
  }

  @Test func drawingIsTheSameEveryTimeAndInWhateverOrderAnswersCame() throws {
    let widths = [512, 1024], depths = [1, 2, 3], mlpWidths = [6144, 8192]
    let one = Sample.map(widths: widths, depths: depths, mlpWidths: mlpWidths, heads: [16])
    let other = Sample.map(
      widths: widths.reversed(), depths: depths.reversed(), mlpWidths: mlpWidths.reversed(), heads: [16])
    #expect(one.svg() == other.svg())
    try expectGolden(
      Sample.map(
        widths: Array(stride(from: 512, through: 2560, by: 128)), depths: Array(stride(from: 2, through: 100, by: 2)),
        mlpWidths: [6144, 8192], heads: [16]
      ).svg(), "map.svg")
  }

  @Test func drawingEscapesItsTexts() {
    var map = FitMap(title: "a < b & \"c\"", settings: ["x<y"], provenance: "p & q")
    map.insert(shape(512, 1), setting: 0, verdict: .fits, imagesPerSecond: 3)
    let svg = map.svg()
    #expect(
      svg.contains("<title>a &lt; b &amp; &quot;c&quot;</title>") && svg.contains("x&lt;y") && svg.contains("p &amp; q")
    )
    #expect(!empty().svg().isEmpty)
  }

  @Test func everyShadeOfASettingIsBrighterThanTheOneBefore() {
    for hue in FitPalette.hues {
      let shades = (1...SpeedScale.levels).map { hue.shade($0) }
      let brightness = shades.map { 299 * Int($0.red) + 587 * Int($0.green) + 114 * Int($0.blue) }
      #expect(zip(brightness, brightness.dropFirst()).allSatisfy { $0 < $1 }, "\(hue.letter)")
      #expect(hue.indexed.count == SpeedScale.levels)
    }
  }
}
