import Evidence
import Testing
import VisionTransformer

@testable import Reporting

@Suite struct SweepTests {
  private let steps = SweepProgress.Steps(
    warmUp: .init(least: 2, most: 2, seconds: 0), timed: .init(least: 5, most: 100, seconds: 1))

  @Test func aTrialTakesItsStepsOrTheTimeThatThereIs() {
    // Long steps: the least of them. Short ones: as many as a second holds. Very short ones: the most.
    #expect(steps.duration(step: 2) == 14)
    #expect((steps.duration(step: 0.02) - 1.04).magnitude < 1e-12)
    #expect((steps.duration(step: 0.001) - 0.102).magnitude < 1e-12)
  }

  @Test func theTimeLeftFollowsFromTheWeightsAtTheRateSeenSoFar() throws {
    // Weights in any unit of work: here a step of weight 10 takes 1 s.
    var progress = SweepProgress(weights: [10, nil, 20, 40], steps: steps, start: 0)
    #expect(progress.secondsLeft == nil)
    progress.finish(0, step: 1, wall: 7.5)
    progress.finish(1, step: 3, wall: 0)
    // 7 x 2 s and 7 x 4 s, and half a second for each worker to start.
    #expect((try #require(progress.secondsLeft) - 43).magnitude < 1e-9)
    progress.finish(2, step: nil, wall: 0.1)
    #expect((try #require(progress.secondsLeft) - 28.5).magnitude < 1e-9)
    progress.finish(3, step: 4, wall: 28.5)
    #expect(progress.secondsLeft == 0)
  }

  @Test func theLineSaysHowFarItIs() {
    var progress = SweepProgress(weights: [1, 1, 1, nil], steps: steps, start: 0)
    #expect(progress.draw(now: 0, width: 60) == "trials  0 of 4                                  0 %")
    progress.finish(0, step: 1, wall: 7)
    #expect(progress.draw(now: 7, width: 60) == "trials  1 of 4  ████▊                25 %  0.14/s  0:14 left")
    #expect(progress.draw(now: 7, width: 20).count <= 20)
    #expect(!progress.draw(now: 7, width: 60, isUnicode: false).contains("█"))
  }

  @Test func aBlockIsDrawnOverItself() {
    let sink = MemorySink()
    var block = LiveBlock(terminal: Terminal(lines: 4, isInteractive: true), to: sink)
    block.draw("one\ntwo\n")
    #expect(sink.text == "\r\u{1B}[Jone\ntwo")
    // What the screen does not hold is left out from above.
    block.draw("1\n2\n3\n4\n5")
    #expect(sink.text.hasSuffix("\r\u{1B}[1A\u{1B}[J3\n4\n5"))
    block.clear()
    #expect(sink.text.hasSuffix("\r\u{1B}[2A\u{1B}[J"))
    let before = sink.text
    block.clear()
    #expect(sink.text == before)
  }

  @Test func nothingIsDrawnWithoutATerminal() {
    let sink = MemorySink()
    var block = LiveBlock(terminal: .plain, to: sink)
    block.draw("one")
    block.clear()
    #expect(sink.text.isEmpty)
  }

  private func input(estimate seconds: Double?) -> MeasureReport.Input {
    let configuration = Configuration(
      shape: Shape(width: 192, depth: 12, mlpWidth: 768, heads: 3, patch: 16), shapeName: "ViT-Ti/16", device: "cpu",
      batch: 8, optimizer: .adam, precision: .float32, dataParallel: 1)
    func result(_ evidence: EvidenceKind, _ seconds: Double, total: Int) -> StepResult {
      StepResult(
        configuration: configuration, evidence: evidence, verdict: .fits, parameterCount: 5_717_416,
        memory: MemoryBreakdown(total: Bytes(total), limit: .gibibytes(2)), flopsPerImage: FLOPs(2.5e9),
        stepSeconds: Seconds(seconds),
        provenance: Provenance(
          source: "shapefinder measurement", version: "1", speaksFor: "a processor, 2 threads", host: "here"))
    }
    func step(_ seconds: [Double], waited: Double) -> TrialStep {
      TrialStep(
        forward: Seconds(seconds[0]), backward: Seconds(seconds[1]), update: Seconds(seconds[2]), loss: 1,
        waited: Seconds(waited))
    }
    let quiet = step([0.13, 0.18, 0.09], waited: 0)
    let memory = MemoryBreakdown(total: Bytes(1 << 30), limit: .gibibytes(2))
    let trial = TrialReport(
      warmUp: [quiet, quiet], steps: [quiet, step([0.17, 0.22, 0.11], waited: 0.2)], planned: Bytes(1 << 30),
      highWater: Bytes(1 << 30), resident: Bytes(3 << 29), parts: memory, processor: "a processor",
      instructions: "AVX2", threads: 2, library: "a library", host: "here")
    return MeasureReport.Input(
      result: result(.measured, 0.4, total: 1 << 30), trial: trial,
      estimate: seconds.map { result(.estimated, $0, total: 1 << 29) })
  }

  @Test func theReportSetsEstimatedBesideMeasured() {
    let text = MeasureReport.text(input(estimate: 0.41))
    #expect(text.hasPrefix("ViT-Ti/16 fits cpu: 1.00 of 2.00 GiB (measured on here)\n"))
    #expect(text.contains("20.0 images/s, 150.0 GFLOP/s"))
    #expect(text.contains("410 ms a step (+2.5 %), 512.00 MiB (-50.0 %)"))
    #expect(text.contains("2 after 2 of warm-up, 1 of them disturbed (*): 400 ms, 500 ms*"))
    #expect(text.contains("1.00 GiB planned, 1.00 GiB taken, 1.50 GiB resident above the baseline"))
    #expect(text.contains("backward  200 ms   180 ms   40.0 ms  44.4 %"))
    #expect(MeasureReport.text(input(estimate: nil)).contains("no estimate for this machine"))
  }

  private func yardstick(_ after: Double) -> YardstickReading {
    YardstickReading(name: "copy", before: Seconds(0.001), after: Seconds(0.001 * after), best: Seconds(0.001))
  }

  @Test func theYardstickAndEveryTryAreTold() {
    var measured = input(estimate: nil)
    measured.trial?.yardstick = yardstick(1.02)
    #expect(
      MeasureReport.text(measured).contains(
        "1.02 of its best time (copy: 1.00 ms before, 1.02 ms after, 1.00 ms at best)"))
    #expect(!MeasureReport.text(measured).contains("tries"))
    measured.trial?.yardstick = yardstick(1.3)
    measured.trial?.repetitions = [
      .init(yardstick: yardstick(1.5), step: Seconds(0.5), steps: 2, disturbed: 0),
      .init(yardstick: yardstick(1.3), step: Seconds(0.4), steps: 2, disturbed: 1, isKept: true),
      .init(yardstick: nil, step: nil, steps: 0, disturbed: 0, failure: "it crashed"),
    ]
    let text = MeasureReport.text(measured)
    #expect(text.contains("1.30 of its best time: disturbed (copy: "))
    #expect(text.contains("3: 500 ms at 1.50, 400 ms at 1.30 (kept), it crashed"))
    let row = SweepRow(measured.result.configuration, measured)
    #expect(row.summary.hasSuffix("1.00 of 2.00 GiB  3 tries  disturbed (reference loop 1.30)"))
    let table = Listing<SweepRow>.sweep.text([row], format: .table)
    #expect(table.contains("reference") && table.contains("1.30*"))
  }

  @Test func aRowOfASweepSaysWhatItCameTo() {
    let measured = input(estimate: 0.41)
    let row = SweepRow(measured.result.configuration, measured)
    #expect(row.summary == "ViT-Ti/16  fits  400 ms  20.0 images/s  1.00 of 2.00 GiB")
    let failed = SweepRow(measured.result.configuration, nil, failure: "the worker crashed")
    #expect(failed.summary == "ViT-Ti/16  failed: the worker crashed")
    let table = Listing<SweepRow>.sweep.text([row, failed], format: .table)
    #expect(table.contains("410 ms (+2.5 %)") && table.contains("1 of 2") && table.contains("failed"))
  }
}
