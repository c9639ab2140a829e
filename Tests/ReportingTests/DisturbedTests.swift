import Testing
import VisionTransformer

@testable import Reporting

/// Times that something else held up are never shown without a word.
@Suite struct DisturbedTests {
  private func measured(depth: Int = 12, isDisturbed: Bool = false) -> StepResult {
    StepResult(
      configuration: Configuration(
        shape: Shape(width: 192, depth: depth, mlpWidth: 768, heads: 3, patch: 14), device: "cpu", batch: 8,
        precision: .float32),
      evidence: .measured, verdict: .fits, parameterCount: 5_717_416,
      memory: MemoryBreakdown(total: Bytes(1 << 30), limit: .gibibytes(2)), flopsPerImage: FLOPs(2.5e9),
      stepSeconds: Seconds(0.4), provenance: Provenance(source: "kernels", version: "1", isDisturbed: isDisturbed))
  }

  private var disturbed: StepResult { measured(isDisturbed: true) }

  @Test(arguments: [20, 40, 60, 80, 100, 200]) func noWidthDropsTheColumn(columns: Int) {
    let terminal = Terminal(columns: columns, isInteractive: true)
    let rows = [measured(), disturbed]
    let results = Listing.results.text(rows, format: .table, terminal: terminal).split(separator: "\n")
    #expect(results[0].contains("times") && results[3].contains("disturbed"))
    #expect(!results[2].contains("disturbed"))
    let sweep = Listing<SweepRow>.sweep.text(
      rows.map { SweepRow($0.configuration, MeasureReport.Input(result: $0, trial: nil, estimate: nil)) },
      format: .table,
      terminal: terminal
    ).split(separator: "\n")
    #expect(sweep[0].contains("times") && sweep[3].contains("disturbed"))
  }

  @Test func whereNothingWasDisturbedTheColumnTakesNoRoom() {
    let terminal = Terminal(columns: 80, isInteractive: true)
    for text in [
      Listing.results.text([measured()], format: .table, terminal: terminal),
      Listing.results.text([Sample.fits], format: .table),
    ] {
      #expect(!text.contains("times") && !text.contains("disturbed"))
    }
  }

  // The columns are laid out by the first rows.
  @Test func aRowThatComesLateHasItsMarkToo() throws {
    let sink = MemorySink()
    var writer = ResultWriter(.results, format: .table, to: sink, terminal: Terminal(columns: 80, isInteractive: true))
    try writer.begin()
    for depth in 1...600 { try writer.append(measured(depth: depth)) }
    try writer.append(disturbed)
    try writer.end()
    let marked = sink.text.split(separator: "\n").filter { $0.contains("disturbed") }
    #expect(marked.count == 1 && marked[0].hasSuffix("disturbed") && marked[0].contains("192x12x768"))
  }

  @Test func machinesReadIt() throws {
    let lines = Listing.results.text([measured(), disturbed, Sample.fits], format: .ndjson).split(separator: "\n")
    #expect(lines[0].contains(#""disturbed":false,"#))
    #expect(lines[1].contains(#""disturbed":true,"#))
    #expect(lines[2].contains(#""disturbed":null,"#))
    let csv = Listing.results.text([disturbed], format: .csv)
    let records = csv.split(separator: "\r\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let index = try #require(records[0].firstIndex(of: "disturbed"))
    #expect(records[1][index] == "true")
  }

  @Test func oneMeasurementSaysItAboveItsTimes() {
    // What says so, the trial's own report has; one that was imported has none.
    let text = MeasureReport.text(MeasureReport.Input(result: disturbed, trial: nil, estimate: nil))
    #expect(text.contains("\ndisturbed: something else used processors, cache or memory; on an idle machine"))
    let quiet = MeasureReport.text(MeasureReport.Input(result: measured(), trial: nil, estimate: nil))
    #expect(!quiet.contains("disturbed"))
  }

  // MARK: Maps

  private func map(disturbed: Set<Int>) -> FitMap {
    var map = FitMap(title: "map", settings: ["GAP head, Adam", "GAP head, SGD"], provenance: "measured")
    for depth in 1...9 {
      map.insert(
        Shape(width: 192, depth: depth, mlpWidth: 768, heads: 3, patch: 14), batch: 8, imageSize: 224, setting: 0,
        verdict: .fits, imagesPerSecond: Double(100 / depth), isDisturbed: disturbed.contains(depth))
    }
    return map
  }

  private let panel = FitMap.Panel(heads: 3, mlpWidth: 768)

  @Test func aDisturbedShapeHasNoShadeAndIsInNoScale() {
    let map = map(disturbed: [1, 9])
    let scales = map.speedScales(.ranked)
    #expect(scales[0].fastest == 50 && scales[0].thresholds.first == 12)
    #expect(map.appearance(panel, width: 192, depth: 1, scales: scales) == .disturbed(setting: 0))
    #expect(map.appearance(panel, width: 192, depth: 2, scales: scales) == .fits(setting: 0, level: 9))
  }

  @Test func theMapMarksItInEveryForm() {
    let map = map(disturbed: [2])
    let plain = map.text()
    #expect(plain.contains("*    fits; its speed was measured beside something else"))
    #expect(plain.split(separator: "\n").count { $0.hasSuffix(" *") } == 1)
    let colored = map.text(terminal: Terminal(columns: 80, colorDepth: .exact, isInteractive: true))
    #expect(colored.split(separator: "*").count >= 3)
    let svg = map.svg()
    #expect(svg.contains("url(#disturbed)") && svg.contains("speed measured beside something else"))
    #expect(FitMap.listing.text(map.rows, format: .csv).contains(",50,,true\r\n"))
    #expect(
      FitMap.listing.text(map.rows, format: .table, terminal: Terminal(columns: 30, isInteractive: true))
        .split(separator: "\n").count { $0.hasSuffix("disturbed") } == 1)
  }

  @Test func aQuietMapSaysNothingOfIt() {
    let map = map(disturbed: [])
    #expect(!map.text().contains("beside something else") && !map.svg().contains("disturbed"))
  }

  // A shape that was measured again on a quiet machine is quiet.
  @Test func theLastAnswerCounts() {
    var map = map(disturbed: [1])
    map.insert(
      Shape(width: 192, depth: 1, mlpWidth: 768, heads: 3, patch: 14), batch: 8, imageSize: 224, setting: 0,
      verdict: .fits, imagesPerSecond: 100)
    #expect(!map.hasDisturbed)
  }
}
