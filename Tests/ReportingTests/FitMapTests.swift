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

  // MARK: The legend

  @Test func theLegendSaysWhichSpeedsALetterStandsFor() {
    var map = empty(["original"])
    for depth in 1...90 {
      map.insert(shape(512, depth), setting: 0, verdict: .fits, imagesPerSecond: Double(100 + depth))
    }
    // Levels 6 to 9 are capitals.
    let text = map.text()
    #expect(text.contains("O 151 to 190, o 101 to 151\n"), "\(text)")
    #expect(text.contains("a capital letter is faster than a small one; each setting has its"))
    let levels = map.text(options: .init(plainCell: .letterAndLevel))
    #expect(levels.contains("original  101 to 190\n") && levels.contains("level 9 is the fastest, 1 the slowest"))
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
    let looks = (1...5).map { map.appearance(panel, width: 512, depth: $0, scales: map.speedScales(.ranked)) }
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

  // MARK: Shades

  @Test func speedLevelsHoldAsManyShapesEach() {
    let scale = SpeedScale(ranking: (1...900).map { Double($0) }.shuffled())
    var counts = Array(repeating: 0, count: 10)
    for speed in 1...900 { counts[scale.level(Double(speed))] += 1 }
    #expect(counts == [0] + Array(repeating: 100, count: 9))
    #expect(scale.fastest == 900 && scale.level(nil) == 5 && scale.level(0.5) == 1)
    #expect(SpeedScale(ranking: []).level(3) == 5)
  }

  @Test func aFixedScaleIsInEqualRatiosAndFromZeroOnInEqualSteps() {
    let ratios = SpeedScale(from: 1, through: 512)
    for level in 1...9 {
      let begin = SpeedScale.levels == 9 ? Double(1 << (level - 1)) : .nan
      #expect(ratios.level(begin * 1.001) == level && ratios.level(begin * 1.999) == level)
    }
    #expect(ratios.level(0.1) == 1 && ratios.level(1e6) == 9)
    let steps = SpeedScale(from: 0, through: 900)
    #expect(steps.level(50) == 1 && steps.level(150) == 2 && steps.level(899) == 9 && steps.level(0) == 1)
  }

  /// The same speed has the same shade whatever else is on the map.
  @Test func aFixedScaleMakesTwoMapsCompare() {
    var one = empty(), other = empty()
    one.insert(shape(512, 1), setting: 0, verdict: .fits, imagesPerSecond: 100)
    one.insert(shape(512, 2), setting: 1, verdict: .fits, imagesPerSecond: 100)
    other.insert(shape(512, 1), setting: 0, verdict: .fits, imagesPerSecond: 100)
    for depth in 2...50 { other.insert(shape(512, depth), setting: 0, verdict: .fits, imagesPerSecond: 3000) }
    func look(_ map: FitMap, _ shades: ShadeScale, depth: Int = 1) -> FitMap.Appearance {
      map.appearance(.init(), width: 512, depth: depth, scales: map.speedScales(shades))
    }
    #expect(look(one, .standard) == look(other, .standard) && look(one, .ranked) != look(other, .ranked))
    guard case .fits(0, let level) = look(one, .standard), case .fits(1, level) = look(one, .standard, depth: 2) else {
      Issue.record("one scale is for all settings")
      return
    }
  }

  @Test(arguments: [
    ("ranked", ShadeScale.ranked), ("fixed", .standard), ("0..4000", .fixed(lower: 0, upper: 4000)),
    ("0.5..80.25", .fixed(lower: 0.5, upper: 80.25)),
  ])
  func scalesAreRead(text: String, scale: ShadeScale) {
    #expect(ShadeScale(parsing: text) == scale)
  }

  @Test(arguments: [
    "", "..", "1..", "..2", "2..1", "1..1", "-1..5", "1..nan", "inf..inf", "1..2..3", "1e3..2e3", "1 .. 2", "0x1..0x9",
    ".5..2", "1...2", "Fixed", "1..99999999999999999999999", "0.00000000000001..5",
  ])
  func otherScalesAreNot(text: String) {
    #expect(ShadeScale(parsing: text) == nil)
  }

  // MARK: Panels

  private func drawn(_ map: FitMap, _ selection: FitMap.PanelSelection) -> [FitMap.Panel] {
    map.panels(selection, usual: 6, mostAsked: 12).panels
  }

  @Test func defaultPanelsAreSixOfOneHeadCountWithTheMarksAmongThem() {
    let panels = drawn(Self.figure, .init())
    #expect(panels.map(\.heads) == Array(repeating: .value(16), count: 6))
    #expect(panels.map(\.mlpWidth) == [1024, 3072, 6144, 8192, 10_240, 12_288].map { .value($0) })
  }

  @Test func requestedAxesComeFirstAndHaveMorePanels() {
    #expect(drawn(Self.figure, .all).count == 36)
    #expect(drawn(Self.figure, .init(asked: [.mlpWidth])).count == 12)
    let heads = drawn(Self.figure, .init(asked: [.heads]))
    #expect(Set(heads.map(\.heads)).count == 3 && Set(heads.map(\.mlpWidth)).count == 2)
    let both = drawn(Self.figure, .init(asked: [.heads, .mlpWidth]))
    #expect(Set(both.map(\.heads)).count == 3 && Set(both.map(\.mlpWidth)).count == 4)
    #expect(drawn(Self.figure, .init(asked: [.heads], most: 1)).count == 1)
  }

  @Test(arguments: [1, 2, 5, 7, 12, 35, 36, 1000]) func aNumberOfPanelsIsNotExceeded(most: Int) {
    for asked in [[], [.heads], [.mlpWidth], [.heads, .mlpWidth]] as [Set<FitMap.PanelAxis>] {
      let panels = drawn(Self.figure, .init(asked: asked, most: most))
      #expect((1...most).contains(panels.count))
      if most >= 36 { #expect(panels.count == 36) }
    }
  }

  @Test func aRatioIsOnePanelWithAllWidths() throws {
    let axes = Grid.Axes(
      depth: Grid.Axis([1, 2]), width: Grid.Axis(Array(stride(from: 512, through: 1024, by: 64))),
      heads: try Grid.Axis(parsing: "width/64"), mlpWidth: try Grid.Axis(parsing: "3x..4x by 0.5x, rounded to 128"),
      patch: Grid.Axis([14]))
    var map = FitMap(title: "map", settings: ["s"], axes: axes, provenance: "estimated")
    let grid = try Grid(axes: axes)
    for configuration in grid.configurations {
      map.insert(configuration.shape, batch: 8, imageSize: 224, setting: 0, verdict: .fits, imagesPerSecond: 9)
    }
    let panels = map.panels
    #expect(panels.map(\.mlpWidth.description) == ["3x", "3.5x", "4x"])
    #expect(panels.allSatisfy { $0.heads == .widthOver(64) })
    for panel in panels {
      #expect(grid.axes.width.fixedValues.allSatisfy { map.cell(panel, width: $0, depth: 2) != nil })
    }
    let text = map.text()
    #expect(text.contains("MLP 3.5x, heads width/64") && text.contains("MLP-widths are rounded to multiples of 128"))
    #expect(map.counts.shapes == grid.count && map.rows.count == grid.count)
    // Numbers and ratios beside each other are panels of their own.
    var mixed = FitMap(
      title: "", settings: ["s"],
      axes: Grid.Axes(
        depth: Grid.Axis([1]), width: Grid.Axis([512, 1024]), heads: Grid.Axis([8]),
        mlpWidth: try Grid.Axis(parsing: "4096, 4x"), patch: Grid.Axis([14])), provenance: "")
    for (width, mlpWidth) in [(512, 4096), (512, 2048), (1024, 4096)] {
      mixed.insert(shape(width, 1, mlpWidth: mlpWidth, heads: 8), setting: 0, verdict: .fits, imagesPerSecond: 9)
    }
    #expect(mixed.panels.map(\.mlpWidth.description) == ["4096", "4x"] && mixed.counts.shapes == 3)
  }

  /// Of answers without a grid, as a store has them, panels are numbers or ratios, whichever are fewer.
  @Test func panelsOfAnswersWithoutAxesAreTheFewest() {
    var ratios = empty()
    for width in [512, 768, 1024] {
      ratios.insert(
        shape(width, 1, mlpWidth: 4 * width, heads: width / 64), setting: 0, verdict: .fits, imagesPerSecond: 1)
    }
    #expect(ratios.panels.map { "\($0.mlpWidth) \($0.heads)" } == ["4x width/64"])
    var numbers = empty()
    for width in [512, 768, 1024] {
      numbers.insert(shape(width, 1, mlpWidth: 3072, heads: 16), setting: 0, verdict: .fits, imagesPerSecond: 1)
    }
    #expect(numbers.panels.map { "\($0.mlpWidth) \($0.heads)" } == ["3072 16"])
    // 8192 / 1664 has no end: the ratio to four digits after the point gives it.
    var giant = empty()
    for (width, mlpWidth) in [(1664, 8192), (832, 4096)] {
      giant.insert(shape(width, 1, mlpWidth: mlpWidth), setting: 0, verdict: .fits, imagesPerSecond: 1)
    }
    #expect(giant.panels.map(\.mlpWidth.description) == ["4.9231x"])
  }

  @Test func batchesPatchesAndImageSizesArePanels() {
    var map = empty(marks: [.init(label: "G", name: "ViT-G/14", shape: Sample.giant)])
    for (index, batch) in [1, 8, 32].enumerated() {
      map.insert(
        Sample.giant, batch: batch, imageSize: 224, setting: index, verdict: .fits, imagesPerSecond: Double(10 + index))
    }
    #expect(map.panels.map(\.batch) == [1, 8, 32])
    let text = map.text()
    for title in ["1 image, MLP 8192, 16 heads", "8 images, MLP 8192", "32 images, MLP 8192"] {
      #expect(text.contains(title), "\(title)")
    }
    #expect(
      map.describe(map.marks[0]).hasSuffix(
        "at 1 image fits in original: 10.0 images/s a core; at 8 images fits in green: 11.0 images/s a core; "
          + "at 32 images fits in blue: 12.0 images/s a core"))
    var other = Sample.giant
    other.patch = 16
    map.insert(other, batch: 8, imageSize: 384, setting: 0, verdict: .fits, imagesPerSecond: 1)
    #expect(map.text().contains("8 images, 384 px, patch 16, MLP 8192, 16 heads"))
    #expect(map.rows.map(\.plane.batch) == [1, 8, 8, 32])
  }

  @Test func samplesKeepMarkedValuesAndRoundSteps() {
    let depths = Array(1...100)
    #expect(FitMap.sampled(depths, atMost: 25, keeping: [40, 48]) == Array(stride(from: 4, through: 100, by: 4)))
    #expect(FitMap.sampled(depths, atMost: 30, keeping: [41, 49]) == Array(stride(from: 1, through: 97, by: 4)))
    #expect(FitMap.sampled(depths, atMost: 100, keeping: []) == depths)
    #expect(FitMap.sampled(depths, atMost: 1, keeping: []) == [100])
    #expect(FitMap.sampled([], atMost: 5, keeping: [3]).isEmpty)
  }

  @Test func changesFromBatchToBatchAreCounted() {
    var map = empty()
    // Depths 1 to 10 fit at 8 images, 1 to 6 at 32 and one more in a dearer setting; depth 20 has no answer at 32.
    for depth in 1...10 {
      map.insert(shape(512, depth), batch: 8, imageSize: 224, setting: 0, verdict: .fits, imagesPerSecond: 1)
      map.insert(
        shape(512, depth), batch: 32, imageSize: 224, setting: 0, verdict: depth < 7 ? .fits : .uncertain,
        imagesPerSecond: 1)
    }
    map.insert(shape(512, 7), batch: 32, imageSize: 224, setting: 2, verdict: .fits, imagesPerSecond: 1)
    map.insert(shape(512, 20), batch: 8, imageSize: 224, setting: 0, verdict: .fits, imagesPerSecond: 1)
    for batch in [8, 32] {
      map.insert(
        shape(576, 1), batch: batch, imageSize: 224, setting: 1, verdict: batch == 8 ? .doesNotFit : .fits,
        imagesPerSecond: 1)
    }
    #expect(map.changes == [.init(step: "8 images to 32 images", gained: 1, lost: 3)])
    #expect(map.text().contains("from 8 images to 32 images 1 gained, 3 lost"))
    #expect(Self.figure.changes.isEmpty && !Self.figure.text().contains("gained"))
    for batch in 1...20 {
      map.insert(shape(640, 1), batch: batch, imageSize: 224, setting: 1, verdict: .fits, imagesPerSecond: 1)
    }
    #expect(map.changes.map(\.step) == ["1 image to 32 images"])
  }

  // MARK: Text

  @Test func figureReadsLikeThis() throws {
    let map = Self.figure
    try expectGolden(map.text(), "map-plain.txt")
    let two = FitMap.PanelSelection(most: 2)
    try expectGolden(
      map.text(options: .init(panels: two, plainCell: .letterAndLevel), terminal: Terminal(columns: 80)),
      "map-levels.txt")
    let color = Terminal(columns: 120, colorDepth: .exact, isInteractive: true)
    try expectGolden(map.text(options: .init(panels: two), terminal: color), "map-color.txt")
    let indexed = Terminal(columns: 80, lines: 24, colorDepth: .indexed, isInteractive: true)
    try expectGolden(map.text(options: .init(panels: two), terminal: indexed), "map-256.txt")
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
    #expect(lines.contains("   10   O    G    B    ?    ."))
    #expect(lines.contains("   11   o    g    b    ?    ."))
    #expect(lines.contains("width  512  576  640  704  768"))
  }

  @Test func marksAreBracketedInThePlainFormAndExplained() {
    let text = Self.figure.text()
    #expect(text.contains("[g]") && text.contains("[G]"))
    #expect(
      text.contains("ViT-G/14 (1664x48x8192, 16 heads) fits in MAP head, Adafactor: 10.5 images/s a core"))
    let one = Self.figure.text(options: .init(panels: .init(most: 1)))
    #expect(one.contains("[g]") && !one.contains("[G]") && one.contains("its panel is not drawn"))
  }

  /// A mark stands on a panel only where the map has its shape: what the legend denies is not drawn.
  @Test func aMarkThatIsNotOnTheMapIsNotDrawnAndTheReasonIsSaid() throws {
    let marks = [FitMap.Mark(label: "G", name: "ViT-G/14", shape: Sample.giant)]
    var map = empty(marks: marks)
    // Heads and MLP-width of ViT-G/14, at other widths and depths, on either side of its own.
    for width in [1600, 1728] {
      for depth in [47, 49] {
        map.insert(shape(width, depth, mlpWidth: 8192), setting: 0, verdict: .fits, imagesPerSecond: 3)
      }
    }
    #expect(!map.text().contains("[G]") && map.text().contains("ViT-G/14 (1664x48x8192, 16 heads) is not on this map"))
    #expect(!map.svg().contains("<circle"))
    let axes = Grid.Axes(
      depth: Grid.Axis([48]), width: Grid.Axis([1664]), heads: Grid.Axis([16]), mlpWidth: try Grid.Axis(parsing: "4x"),
      patch: Grid.Axis([14]))
    var ratios = FitMap(title: "", settings: ["s"], marks: marks, axes: axes, provenance: "")
    ratios.insert(shape(1664, 48, mlpWidth: 6656), setting: 0, verdict: .fits, imagesPerSecond: 3)
    #expect(!ratios.text().contains("[G]"))
    #expect(ratios.describe(marks[0]).hasSuffix("is not on this map, whose MLP-width is 4x and not 8192"))
    // The same numbers at another patch are another shape.
    var patch = empty(marks: marks)
    var other = Sample.giant
    other.patch = 16
    patch.insert(other, setting: 0, verdict: .fits, imagesPerSecond: 3)
    #expect(!patch.text().contains("[G]") && patch.describe(marks[0]).contains("is not on this map"))
  }

  @Test func saysWhatItLeavesOut() {
    let choices = FitMap.TextOptions(
      choices: [.mlpWidth: "--mlp-width", .heads: "--heads", .batch: "--batch"], everyPanel: "--panels all")
    let words = Self.figure.text(options: choices, terminal: Terminal(columns: 300))
    #expect(
      words.contains(
        "12 of 36 panels (1 of 3 head counts); choose with --heads, or draw all with --panels all; "
          + "25 of 100 depths (4, 8 … 100), each cell one real shape"))
    #expect(
      Self.figure.text(options: choices, terminal: Terminal(columns: 200)).contains(
        "10 of 36 panels (10 of 12 MLP-widths, 1 of 3 head counts); choose with --mlp-width or --heads, or"))
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

  private func panelsOfLines(_ text: String) -> [Int] {
    text.split(separator: "\n").filter { $0.hasPrefix("      ") && $0.contains(" heads") && $0.contains("MLP ") }
      .map { $0.components(separatedBy: "MLP ").count - 1 }
  }

  /// Two lines of three, where five would go beside each other.
  @Test func panelsAreSpreadEvenlyOverTheirLines() {
    let six = FitMap.TextOptions(panels: .init(most: 6))
    #expect(panelsOfLines(Self.figure.text(options: six, terminal: Terminal(columns: 200))) == [3, 3])
  }

  @Test(arguments: [(80, [2, 2, 2]), (120, [3, 3]), (160, [4, 4]), (200, [5, 5]), (250, [6, 6])])
  func aWideTerminalIsFilled(columns: Int, panels: [Int]) {
    #expect(panelsOfLines(Self.figure.text(terminal: Terminal(columns: columns))) == panels)
  }

  @Test(arguments: [(24, [2], 36), (40, [2], 42), (50, [2, 2], 54), (80, [2, 2, 2], 84)])
  func aLowTerminalShowsFewerPanels(lines: Int, panels: [Int], most: Int) {
    let text = Self.figure.text(terminal: Terminal(columns: 80, lines: lines))
    #expect(panelsOfLines(text) == panels)
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= most)
  }

  @Test func fewWidthsAreEachLabelled() {
    for widths in [[768, 1024, 1408, 1664], [768], [96, 192], [512, 10_000]] {
      var map = empty()
      for width in widths { map.insert(shape(width, 3), setting: 0, verdict: .fits, imagesPerSecond: 1) }
      let line = map.text().split(separator: "\n").first { $0.hasPrefix("width") } ?? ""
      #expect(line.split(separator: " ").dropFirst().map(String.init) == widths.map(String.init))
    }
  }

  /// The words of a scale on which nothing can be told apart.
  @Test func equalSpeedsAreOneNumber() {
    var map = empty()
    for depth in 1...9 {
      map.insert(shape(512, depth), setting: 0, verdict: .fits, imagesPerSecond: 17 + Double(depth) / 100)
    }
    let line = map.text().split(separator: "\n").first { $0.contains("O o") } ?? ""
    #expect(line.hasSuffix("original  17"), "\(line)")
  }

  @Test func colorFormHasNoLettersAndTwoDepthsALine() throws {
    var map = empty()
    for depth in 1...24 {
      map.insert(shape(512, depth), setting: 0, verdict: depth < 24 ? .fits : .doesNotFit, imagesPerSecond: nil)
    }
    let lines = map.text(terminal: Terminal(colorDepth: .exact)).split(separator: "\n").map(String.init)
    let middle = FitPalette.hue(0).shade(5)
    let code = "\(middle.red);\(middle.green);\(middle.blue)"
    #expect(lines.count { $0.hasSuffix("\u{1B}[48;2;\(code)m     \u{1B}[0m") } == 11)
    #expect(lines.count { $0.hasSuffix("\u{1B}[38;2;\(code)m▀▀▀▀▀\u{1B}[0m") } == 1)
  }

  @Test func asciiTerminalWithColorsUsesOneDepthALine() {
    let text = Self.figure.text(terminal: Terminal(columns: 140, colorDepth: .indexed, isUnicode: false))
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
        == "width,depth,mlpWidth,heads,patch,batch,imageSize,fitsIn,uncertainIn,imagesPerSecond,compiled,disturbed\r\n"
        + "512,2,4096,16,14,8,224,,original,,,false\r\n576,2,4096,16,14,8,224,green,,12.5,,false\r\n")
  }

  /// A speed is the answer's own number, to its last digit.
  @Test func speedsAreExact() {
    var map = empty()
    for setting in 0..<3 {
      map.insert(
        shape(512, setting + 1), setting: setting, verdict: .fits, imagesPerSecond: 1717.93538 / Double(setting + 3))
    }
    #expect(map.rows.compactMap(\.cell.speed) == (3...5).map { 1717.93538 / Double($0) })
    #expect(FitMap.listing.text(map.rows, format: .ndjson).contains("\"imagesPerSecond\":\(1717.93538 / 3)"))
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

  @Test(arguments: [1, 4, 33, 300]) func noWordOfADrawingIsPrintedOverAnother(widths: Int) throws {
    let axes = Grid.Axes(
      depth: Grid.Axis([1, 7, 100]), width: Grid.Axis((1...widths).map { 64 * $0 }),
      heads: try Grid.Axis(parsing: "width/64"),
      mlpWidth: try Grid.Axis(parsing: "3x..6x by 0.25x"), patch: Grid.Axis([14, 16]), batch: Grid.Axis([8, 1024]),
      imageSize: Grid.Axis([224, 1024]))
    var map = FitMap(
      title: "a grid of one's own on a tpu-v5e core", settings: ["original ViT, Adam", "MAP, Adafactor"],
      marks: [.init(label: "So", name: "ViT-So400m/14", shape: shape(64, 7, mlpWidth: 256, heads: 1))], axes: axes,
      provenance: "estimated by shapefinder estimation 8, speaking for libtpu 0.0.17.1")
    for configuration in try Grid(axes: axes).configurations {
      map.insert(
        configuration.shape, batch: configuration.batch, imageSize: configuration.imageSize,
        setting: configuration.shape.depth % 2, verdict: .fits, imagesPerSecond: 1e4 / Double(configuration.shape.width)
      )
    }
    for panels in [
      FitMap.PanelSelection(), .init(asked: [.batch, .imageSize, .mlpWidth]), .init(most: 1), .init(most: 7),
    ] {
      for shades in [ShadeScale.ranked, .standard] {
        let faults = SVGWords(map.svg(options: .init(panels: panels, shades: shades))).faults
        #expect(faults.isEmpty, "\(faults)")
      }
    }
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

  /// Relative luminance over that of the ground, as WCAG 2 counts contrast.
  @Test func noShadeVanishesOnBlackOrWhite() {
    func luminance(_ color: RGB) -> Double {
      func linear(_ byte: UInt8) -> Double {
        let part = Double(byte) / 255
        return part <= 0.03928 ? part / 12.92 : pow((part + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue)
    }
    func indexed(_ index: UInt8) -> RGB {
      let steps: [UInt8] = [0, 95, 135, 175, 215, 255], cube = Int(index) - 16
      var color = RGB(0)
      (color.red, color.green, color.blue) = (steps[cube / 36], steps[cube / 6 % 6], steps[cube % 6])
      return color
    }
    for hue in FitPalette.hues {
      for color in (1...SpeedScale.levels).map({ hue.shade($0) }) + hue.indexed.map(indexed) {
        #expect((luminance(color) + 0.05) / 0.05 > 2.2, "\(hue.letter) \(color.hex) on black")
        #expect(1.05 / (luminance(color) + 0.05) > 1.3, "\(hue.letter) \(color.hex) on white")
      }
    }
  }
}
