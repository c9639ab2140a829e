import Estimation
import Testing
import VisionTransformer

/// The arithmetic of comparisons, on observations made up for it.
@Suite struct ComparisonTests {
  private let configuration = Configuration(
    shape: Shape(width: 768, depth: 12, mlpWidth: 3072, heads: 12, patch: 16), batch: 16)

  private func compare(_ edit: (inout Observation, Estimate) -> Void) throws -> Comparison {
    let estimator = try Bundled.estimator.get()
    let estimate = estimator.estimate(configuration)
    var observation = Observation()
    edit(&observation, estimate)
    return Comparison(
      ObservedEvidence(configuration: configuration, compiler: "none", observation: observation, label: .tuned),
      by: estimator)
  }

  @Test func theErrorIsRelativeToTheObservation() throws {
    let comparison = try compare { $0.livePeak = Bytes($1.livePeak / 2) }
    let pair = try #require(comparison[.livePeak])
    #expect((pair.error - 1).magnitude < 1e-6)
  }

  @Test func whatWasNotObservedIsNotCompared() throws {
    let comparison = try compare { observation, _ in observation.livePeak = Bytes(1) }
    for quantity in Comparison.Quantity.allCases where quantity != .livePeak { #expect(comparison[quantity] == nil) }
  }

  @Test(arguments: [0, 3])
  func totalsAreSplitByWhetherAnythingWasRematerialized(instructions: Int) throws {
    let comparison = try compare { observation, estimate in
      observation.total = Bytes(estimate.total)
      observation.cycles = 1000
      observation.rematerializedInstructions = instructions
    }
    #expect((comparison[.total] == nil) == (instructions > 0))
    #expect((comparison[.rematerializedTotal] == nil) == (instructions == 0))
    #expect((comparison[.cycles] == nil) == (instructions > 0))
    #expect((comparison[.rematerializedCycles] == nil) == (instructions == 0))
  }

  @Test func cyclesLeaveTheAllReduceOut() throws {
    let clock = try Bundled.estimator.get().device.clock
    let comparison = try compare { observation, estimate in
      #expect(estimate.allReduceSeconds > 0)
      observation.cycles = Int((estimate.stepSeconds - estimate.allReduceSeconds) * clock)
    }
    #expect(try #require(comparison[.cycles]).error.magnitude < 1e-6)
  }

  /// Some compiles count one round of a loop.
  @Test func cyclesOfScannedLayersAreNotCompared() throws {
    let estimator = try Bundled.estimator.get()
    var scanned = configuration
    scanned.layers = .scanned
    var observation = Observation()
    (observation.livePeak, observation.cycles) = (Bytes(1000), 1000)
    let comparison = Comparison(
      ObservedEvidence(configuration: scanned, compiler: "none", observation: observation, label: .shared),
      by: estimator)
    #expect(comparison[.cycles] == nil)
    #expect(comparison[.livePeak] != nil)
  }

  @Test(arguments: [(true, Comparison.Outcome.right), (false, .wrong)])
  func aVerdictIsHeldAgainstTheCompilers(fits: Bool, outcome: Comparison.Outcome) throws {
    #expect(try compare { observation, _ in observation.fits = fits }.outcome == outcome)
  }

  @Test func outcomesAreCounted() throws {
    let tally = try [true, false, nil, true].map { fits in try compare { observation, _ in observation.fits = fits } }
      .outcomes
    #expect((tally.right, tally.wrong, tally.uncertain, tally.open) == (2, 1, 0, 1))
    #expect(tally.count == 3)
  }

  /// Magnitudes 1...10 and single values.
  @Test func summariesTakeMagnitudes() throws {
    let ten = try #require(ErrorSummary([-10, 9, 8, -7, 6, 5, 4, -3, 2, 1]))
    #expect((ten.count, ten.median, ten.ninetieth, ten.largest) == (10, 5.5, 9, 10))
    let three = try #require(ErrorSummary([3, -1, 2]))
    #expect((three.median, three.ninetieth, three.largest) == (2, 3, 3))
    #expect(ErrorSummary([]) == nil)
  }

  @Test func theWorstRowsComeFirst() throws {
    let rows = try [90, 200, 50].map { percent in
      try compare { $0.livePeak = Bytes($1.livePeak / 100 * percent) }
    }
    let worst = rows.worst(2, in: .livePeak).compactMap { $0[.livePeak]?.error }
    #expect(worst.count == 2)
    #expect((worst[0] - 1).magnitude < 0.001)
    #expect((worst[1] + 0.5).magnitude < 0.001)
  }
}
