import Testing
import VisionTransformer

@testable import Reporting
import Selection

@Suite struct CheckReportTests {
  @Test func verdictComesFirstWithBytesAndEvidence() {
    #expect(
      CheckReport.headline(.init(result: Sample.fits, device: Sample.core)).plain
        == "ViT-G/14 fits a tpu-v3 core: 14.10 of 15.48 GiB (estimated; libtpu 0.0.17.1)")
    #expect(
      CheckReport.headline(.init(result: Sample.doesNotFit, device: Sample.core)).plain
        == "ViT-G/14 does not fit a tpu-v3 core: 21.58 of 15.48 GiB, 6.10 GiB over (estimated; libtpu 0.0.17.1)")
    #expect(
      CheckReport.headline(.init(result: Sample.compiled, device: Sample.core)).plain
        == "Uncertain whether 1664x48x8192 h16 /14 fits a tpu-v3 core: 15.41 of 15.48 GiB (compiled; libtpu 0.0.17.1)")
  }

  @Test func measuredVerdictNamesTheHostAndNoCore() {
    var result = Sample.fits
    result.configuration.device = "cpu"
    result.evidence = .measured
    result.memory.total = Bytes(700 << 20)
    result.provenance = Provenance(source: "kernels", version: "1", host: "tower")
    #expect(
      CheckReport.headline(.init(result: result)).plain
        == "ViT-G/14 fits cpu: 700.00 MiB of 15.48 GiB (measured on tower)")
  }

  @Test func aHostHasNoCoreThatABatchIsOf() {
    let host = Device.testHost
    var result = Sample.fits
    result.configuration.device = "cpu"
    let input = CheckReport.Input(
      result: result, device: host, room: Room(largest: 16), assumed: Set(Configuration.Key.allCases))
    let text = CheckReport.text(input)
    #expect(!text.contains("a core") && !text.contains("cores"), "\(text)")
    #expect(text.contains("16 images a step") && text.contains("by default 8 images a step"))
    #expect(text.contains(" images/s, "))
  }

  @Test func fittingShapeReadsLikeThis() throws {
    let input = CheckReport.Input(
      result: Sample.fits, device: Sample.core, peak: "the backward of the last block's MLP",
      rematerialization: .init(
        startsAt: .gibibytes(13.70), floor: .gibibytes(11.2), recomputed: .gibibytes(1.41), cost: Seconds(0.0121)),
      room: Room(largest: 16))
    try expectGolden(CheckReport.text(input), "check-fits.txt")
    try expectGolden(CheckReport.text(input, terminal: Terminal(columns: 60, isUnicode: false)), "check-fits-60.txt")
    let color = Terminal(columns: 100, colorDepth: .exact, isInteractive: true)
    try expectGolden(CheckReport.text(input, terminal: color), "check-fits-color.txt")
  }

  @Test func shapeThatDoesNotFitShowsWhatWould() throws {
    let input = CheckReport.Input(
      result: Sample.doesNotFit, device: Sample.core, peak: "the end of the backward pass", room: Room(largest: 0),
      changes: Sample.changes)
    let text = CheckReport.text(input)
    #expect(text.contains("384 px at patch 14: 27 x 27 tokens"))
    #expect(text.contains("What would make it fit"))
    // What does not suffice is no row of the table.
    #expect(text.contains("Alone these do not surely suffice: batch 8 → 4 (-1.53 GiB);"))
    try expectGolden(text, "check-does-not-fit.txt")
  }

  /// The largest batch is estimated: where a compiler said otherwise of this very batch, its line says so.
  @Test(arguments: [
    (Verdict.fits, 4, "; this is estimated: the compiler fits 8 images a core"),
    (.doesNotFit, 16, "; this is estimated: the compiler does not fit 8 images a core"), (.fits, 16, ""),
    (.doesNotFit, 4, ""), (.uncertain, 4, ""),
  ])
  func whatACompilerSaysOfTheBatchStandsBesideTheLargest(_ verdict: Verdict, _ largest: Int, _ words: String) {
    var compiled = Sample.compiled
    compiled.verdict = verdict
    let input = CheckReport.Input(
      result: Sample.fits, device: Sample.core, room: Room(largest: largest), compiled: compiled)
    let text = CheckReport.text(input, terminal: Terminal(columns: 400))
    #expect(text.contains("\(largest) images a core\(words)\n"), "\(text)")
  }

  @Test func otherSizesThatMayFitAreMentioned() {
    var room = Room(largest: 8)
    room.mayFit = 9...12
    #expect(CheckReport.text(room, Sample.core) == "8 images a core; 9 to 12 are uncertain")
    room.othersMayFit = true
    #expect(CheckReport.text(room, Sample.core) == "8 images a core; 9 to 12 are uncertain, and others above")
    #expect(
      CheckReport.text(Room(largest: Configuration.Limits.batch), Sample.core).hasSuffix("no more can be asked for"))
  }

  @Test func saysWhenNothingHelps() {
    let input = CheckReport.Input(result: Sample.doesNotFit, device: Sample.core, changes: [Sample.changes[1]])
    #expect(CheckReport.text(input).contains("No change, and no three of them together, makes it fit"))
  }

  @Test func unsplitEvidenceStillAddsUp() throws {
    try expectGolden(
      CheckReport.text(
        .init(result: Sample.compiled, device: Sample.core, caveat: "within the model's own error of the limit")),
      "check-compiled.txt")
    let parts = BreakdownTable(Sample.compiled.memory).parts
    #expect(parts.map(\.name) == ["arguments", "temporaries", "total"])
  }

  @Test func breakdownAddsUpWithWhatIsRecomputed() throws {
    let parts = BreakdownTable(Sample.fits.memory).parts
    let sum = parts.dropLast().reduce(0) { $0 + $1.bytes.count }
    #expect(sum == Sample.fits.memory.total.count)
    let recomputed = try #require(parts.first { $0.name == "recomputed instead" })
    #expect(fixed(recomputed.bytes.gibibytes, digits: 2) == "-1.41")
  }

  @Test(arguments: [50, 72, 100, 160], [Sample.fits, Sample.doesNotFit, Sample.compiled])
  func linesKeepToTheTerminal(columns: Int, result: StepResult) {
    let text = CheckReport.text(
      .init(result: result, device: Sample.core, room: Room(largest: 0)), terminal: Terminal(columns: columns))
    for line in text.split(separator: "\n") { #expect(line.count <= columns, "\(line)") }
  }

  @Test(arguments: [64, 80, 100])
  func changesAreReadAtEveryWidth(columns: Int) {
    let changes = [
      "optimizer adam-half → adafactor", "optimizer adam-half → sgd", "rematerialization automatic → full",
      "gradient clipping global-norm → none", "precision float32 → bfloat16",
    ].map {
      FitChange(
        description: $0, verdict: .fits, total: Bytes(12 << 30), limit: Bytes(15 << 30),
        bytesSaved: Bytes(1_234_567_890), timeCost: 0.0125)
    }
    let text = CheckReport.text(
      .init(result: Sample.doesNotFit, device: Sample.core, changes: changes),
      terminal: Terminal(columns: columns, isInteractive: true))
    for change in changes { #expect(text.contains(change.description)) }
    for line in text.split(separator: "\n") { #expect(line.count <= columns, "\(line)") }
  }
}
