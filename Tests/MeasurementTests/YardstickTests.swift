import Evidence
import Testing
import VisionTransformer

@testable import Measurement

/// A reading of a yardstick whose best is a millisecond, in milliseconds.
private func reading(_ before: Double, _ after: Double, best: Double = 1) -> YardstickReading {
  YardstickReading(name: "copy", before: Seconds(before), after: Seconds(after), best: Seconds(best))
}

/// A report of three steps of `step` seconds, of which `disturbed` waited for a processor half of their time.
private func report(step: Double = 10, disturbed: Int = 0) -> TrialReport {
  let steps = (0..<3).map { index in
    TrialStep(
      forward: Seconds(step / 2), backward: Seconds(step / 4), update: Seconds(step / 4), loss: 1,
      waited: Seconds(index < disturbed ? step / 2 : 0))
  }
  return TrialReport(
    warmUp: [], steps: steps, planned: Bytes(1), highWater: Bytes(1), resident: nil,
    parts: MemoryBreakdown(total: Bytes(1), limit: Bytes(2)), processor: "p", instructions: "i", threads: 1,
    library: "l", host: "h")
}

@Suite struct YardstickTests {
  @Test func aPassTakesTimeAndSaysWhatItIs() throws {
    let yardstick = Yardstick(threads: 2, cache: Bytes(32 << 20))
    #expect(yardstick.size == Bytes(8 << 20))
    #expect(yardstick.name == "copy of 4.00 MiB to 4.00 MiB and 512 meetings of 2 threads")
    #expect(Yardstick(threads: 1, cache: Bytes(32 << 20)).name == "copy of 4.00 MiB to 4.00 MiB by 1 thread")
    let seconds = try #require(yardstick.read())
    #expect(seconds.value > 1e-6 && seconds.value < 1)
  }

  @Test(arguments: [(1 << 10, 4 << 20), (24 << 20, 6 << 20), (96 << 20, 16 << 20), (1 << 40, 16 << 20)])
  func itsSizeStaysWithinBounds(cache: Int, size: Int) {
    #expect(Yardstick(threads: 1, cache: Bytes(cache)).size == Bytes(size))
  }

  @Test func theWorseEndOfATrialDecides() {
    #expect(reading(1.05, 1.30).ratio == 1.30)
    #expect(reading(1.30, 1.05).isDisturbed)
    #expect(!reading(1.24, 1.24).isDisturbed)
    #expect(!reading(0, 0, best: 0).isDisturbed)
  }

  @Test func aTrialIsDisturbedByItsYardstickOrByMostOfItsSteps() {
    var one = report(disturbed: 1)
    #expect(!one.isDisturbed)
    one.yardstick = reading(1, 1.3)
    #expect(one.isDisturbed)
    #expect(one.notes == ["disturbed: the reference loop (copy) took 1.30 of its best time"])
    one.yardstick = reading(1, 1.1)
    #expect(!one.isDisturbed && one.notes.isEmpty)
    var two = report(disturbed: 2)
    two.yardstick = reading(1, 1)
    #expect(two.isDisturbed)
    #expect(two.notes == ["disturbed: 2 of 3 steps were held up"])
  }

  @Test func aReportKeepsItAndOneWithoutIsStillRead() throws {
    var report = report()
    // As it was stored before there were yardsticks.
    #expect(!report.json.contains("yardstick") && !report.json.contains("repetitions"))
    #expect(try TrialReport(json: report.json) == report)
    report.yardstick = reading(1.1, 1.2)
    report.repetitions = [
      TrialRepetition(yardstick: reading(2, 2), step: Seconds(11), steps: 3, disturbed: 1),
      TrialRepetition(yardstick: reading(1.1, 1.2), step: Seconds(10), steps: 3, disturbed: 0, isKept: true),
      TrialRepetition(yardstick: nil, step: nil, steps: 0, disturbed: 0, failure: "crashed"),
    ]
    #expect(try TrialReport(json: report.json) == report)
  }
}

@Suite struct TrialSelectionTests {
  private func candidate(_ worst: Double?, disturbed: Bool = true) -> TrialSelection.Candidate {
    TrialSelection.Candidate(yardstick: worst.map { reading(1, $0) }, isDisturbed: disturbed)
  }

  @Test func theLeastDisturbedIsKept() {
    #expect(TrialSelection.kept([]) == nil)
    #expect(TrialSelection.kept([candidate(1.5), candidate(1.2), candidate(1.3)]) == 1)
    #expect(TrialSelection.kept([candidate(1.2), candidate(1.2)]) == 0)
    #expect(TrialSelection.kept([candidate(nil), candidate(9)]) == 1)
    #expect(TrialSelection.kept([candidate(nil), candidate(nil)]) == 0)
  }

  // Its yardstick may have been read a little longer than that of one whose steps were held up.
  @Test func oneThatNothingDisturbedComesFirst() {
    #expect(TrialSelection.kept([candidate(1.02), candidate(1.10, disturbed: false)]) == 1)
  }
}

@Suite struct TrialRepeaterTests {
  /// Runs trials that end as `outcomes`, between readings of `yardstick`; the last reading repeats.
  private func run(
    most: Int, best: Double? = 1, _ yardstick: [Double?], _ outcomes: [TrialOutcome?], waits: Bool = true
  ) throws -> (TrialOutcome?, trials: Int, rests: Int, best: Seconds?) {
    var readings = yardstick[...], trials = 0, rests = 0
    var repeater = TrialRepeater(most: most, name: "copy", best: best.map { Seconds($0) }) {
      (readings.count > 1 ? readings.removeFirst() : readings.first ?? nil).map { Seconds($0) }
    } rest: { _ in
      rests += 1
      return waits
    }
    let outcome = repeater.run { () throws(Never) in
      trials += 1
      return outcomes[min(trials, outcomes.count) - 1]
    }
    return (outcome, trials, rests, repeater.best)
  }

  private func kept(_ outcome: TrialOutcome?) throws -> TrialReport {
    guard case .completed(let report)? = outcome else { throw Unexpected() }
    return report
  }

  private struct Unexpected: Error {}

  @Test func aTrialThatNothingDisturbedIsRunOnce() throws {
    let (outcome, trials, _, best) = try run(most: 5, [1.05, 0.95], [.completed(report())])
    let report = try kept(outcome)
    #expect(trials == 1 && report.repetitions == nil)
    #expect(best == Seconds(0.95))
    #expect(report.yardstick == reading(1.05, 0.95, best: 0.95))
  }

  @Test func withoutRepetitionsADisturbedTrialIsMarkedAndKept() throws {
    let (outcome, trials, rests, _) = try run(most: 0, [1, 1.5], [.completed(report())])
    #expect(trials == 1 && rests == 0)
    #expect(try kept(outcome).isDisturbed)
  }

  @Test func aDisturbedTrialIsRunAgainUntilOneIsNot() throws {
    // Before, after; calm; before, after; and so on.
    let (outcome, trials, rests, _) = try run(
      most: 5, [1, 1.5, 1, 1.3, 1.2, 1.4, 1.0, 1.0, 1.1],
      [.completed(report(step: 8)), .completed(report(step: 9)), .completed(report(step: 12))])
    let report = try kept(outcome)
    #expect(trials == 3 && rests == 1)
    // The slowest of the three, since its yardstick was calm.
    #expect(report.step.median == Seconds(12))
    #expect(report.repetitions?.map(\.isKept) == [false, false, true])
    #expect(report.repetitions?.map(\.step) == [Seconds(8), Seconds(9), Seconds(12)])
    #expect(report.repetitions?.map(\.yardstick?.worst) == [Seconds(1.5), Seconds(1.3), Seconds(1.1)])
    #expect(report.notes == ["measured 3 times; the least disturbed trial is kept"])
  }

  @Test func theStepTimesNeverDecide() throws {
    let yardstick = [1, 1.5, 1, 1.3, 1.3, 1, 1.2, 1.4]
    for steps in [[1.0, 2, 3], [3, 2, 1], [2, 1, 3], [5, 5, 5]] {
      let (outcome, trials, _, _) = try run(most: 2, yardstick, steps.map { .completed(report(step: $0)) })
      #expect(trials == 3)
      #expect(try kept(outcome).repetitions?.firstIndex { $0.isKept } == 1)
      #expect(try kept(outcome).step.median == Seconds(steps[1]))
    }
  }

  @Test func stepsThatWereHeldUpAreRunAgainToo() throws {
    let (outcome, trials, _, _) = try run(
      most: 1, [1], [.completed(report(disturbed: 3)), .completed(report(disturbed: 0))])
    #expect(trials == 2)
    #expect(try kept(outcome).repetitions?.map(\.isKept) == [false, true])
    #expect(try kept(outcome).repetitions?.map(\.disturbed) == [3, 0])
  }

  @Test func allAreHeldAgainstTheBestThatIsKnownInTheEnd() throws {
    let (outcome, _, _, best) = try run(
      most: 1, best: nil, [1.2, 1.6, 1.2, 1.3, 0.8], [.completed(report()), .completed(report())])
    #expect(best == Seconds(0.8))
    #expect(try kept(outcome).repetitions?.map(\.yardstick?.best) == [Seconds(0.8), Seconds(0.8)])
  }

  @Test func patienceHasAnEnd() throws {
    let (outcome, trials, rests, _) = try run(most: 1, [1, 2], [.completed(report()), .completed(report())])
    #expect(trials == 2 && rests == TrialRepeater.patience.rests)
    #expect(try kept(outcome).isDisturbed)
  }

  @Test func aStoppedWaitGivesNoResult() throws {
    let stopped = try run(most: 3, [1, 2], [.completed(report()), nil])
    #expect(stopped.0 == nil && stopped.trials == 2)
    let waiting = try run(most: 3, [1, 2], [.completed(report())], waits: false)
    #expect(waiting.0 == nil && waiting.trials == 1 && waiting.rests == 1)
  }

  @Test func whatFitsNotIsNotRunAgain() throws {
    let answer = TrialOutcome.doesNotFit(needed: Bytes(2), limit: Bytes(1))
    let (outcome, trials, _, _) = try run(most: 3, [9, 9], [answer])
    #expect(outcome == answer && trials == 1)
  }

  @Test func aFailedRepetitionIsReportedBesideTheKeptTrial() throws {
    let (outcome, trials, _, _) = try run(
      most: 3, [1, 2, 1], [.completed(report()), .doesNotFit(needed: Bytes(2048), limit: Bytes(1024))])
    #expect(trials == 2)
    let repetitions = try #require(try kept(outcome).repetitions)
    #expect(repetitions.map(\.isKept) == [true, false])
    #expect(repetitions[1].failure == "2.00 KiB do not fit 1.00 KiB")
  }

  @Test func whereTheYardstickCannotBeReadTheStepsAloneTell() throws {
    let (outcome, trials, _, _) = try run(most: 3, best: nil, [nil], [.completed(report())])
    #expect(trials == 1)
    #expect(try kept(outcome).yardstick == nil)
  }
}
