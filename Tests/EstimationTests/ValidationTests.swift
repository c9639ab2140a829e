import Catalog
import Testing
import VisionTransformer

@testable import Estimation

/// Rows whose observation is made from the estimate, so that every error is known.
@Suite struct ValidationTests {
  private static let configuration = Configuration(
    shape: Shape(width: 768, depth: 4, mlpWidth: 3072, heads: 12, patch: 16), batch: 8)

  /// A row of which the compiler says what `change` makes of the estimate.
  private func row(
    _ place: String = "x:1", group: EvidenceGroup = .heldOut, depth: Int = 4,
    _ change: (inout Observation, Estimate) -> Void
  ) throws -> ValidationRow {
    let estimator = try Bundled.estimator.get()
    var configuration = Self.configuration
    configuration.shape.depth = depth
    let estimate = estimator.estimate(configuration)
    var seen = Observation()
    change(&seen, estimate)
    let evidence = ObservedEvidence(configuration: configuration, compiler: "c", observation: seen, label: .heldOut)
    return ValidationRow(
      place: place, group: group, comparison: Comparison(estimate, evidence, device: estimator.device))
  }

  private func statement(_ quantity: EvidenceQuantity?, _ figure: StatedAccuracy.Figure, _ most: Double)
    -> StatedAccuracy
  {
    StatedAccuracy(
      device: "tpu-v3",
      statements: [.init(group: .heldOut, quantity: quantity, figure: figure, most: most, source: "test")])
  }

  @Test func aStatementHoldsFailsOrIsNotSettled() throws {
    let rows = try (1...9).map { depth in
      try row("x:\(depth)", depth: depth) { $0.livePeak = Bytes($1.livePeak * 100 / 102) }
    }
    func outcome(_ figure: StatedAccuracy.Figure, _ most: Double, _ rows: [ValidationRow]) -> HeldStatement.Outcome? {
      Validation(rows, stated: [statement(.livePeak, figure, most)]).statements.first?.outcome
    }
    #expect(outcome(.median, 0.021, rows) == .holds && outcome(.median, 0.019, rows) == .fails)
    #expect(outcome(.largest, 0.019, Array(rows.prefix(1))) == .fails)
    // Few rows say nothing of a median, and one row enough of a largest error.
    #expect(outcome(.median, 0.019, Array(rows.prefix(8))) == .tooFewRows)
    #expect(outcome(.ninetieth, 0.019, rows) == .tooFewRows)
    #expect(!Validation(rows, stated: [statement(.livePeak, .largest, 0.019)]).holds)
    #expect(Validation(rows, stated: [statement(.livePeak, .largest, 0.03)]).holds)
    // What is stated of another device or set is not held against these.
    var other = statement(.livePeak, .largest, 0)
    other.device = "tpu-v2"
    #expect(Validation(rows, stated: [other]).statements.isEmpty)
  }

  @Test func verdictsAreCountedByBothSides() throws {
    let right = try row { seen, _ in
      seen.fits = true; seen.livePeak = Bytes(1)
    }
    let wrong = try row { seen, _ in
      seen.fits = false; seen.livePeak = Bytes(1)
    }
    let open = try row { seen, _ in seen.livePeak = Bytes(1) }
    let matrix = VerdictMatrix([right, right, wrong, open])
    #expect(matrix[.fits, .fits] == 2 && matrix[.fits, .doesNotFit] == 1 && matrix[.doesNotFit, .fits] == 0)
    #expect(matrix.count == 3 && matrix.wrong == 1 && matrix.uncertain == 0 && matrix.open == 1)
    let held = Validation([right, wrong], stated: [statement(nil, .wrong, 0.4)]).statements[0]
    #expect(held.found == 0.5 && held.outcome == .fails)
  }

  @Test func headroomIsDividedIntoTenGroupsWithEveryRowInOne() throws {
    let rows = try (1...57).map { depth in
      try row("x:\(depth)", depth: depth) { seen, _ in
        seen.fits = true
        seen.livePeak = Bytes(1)
      }
    }
    let groups = HeadroomGroup.deciles(rows)
    #expect(groups.count == 10 && groups.reduce(0) { $0 + $1.outcomes.count } == 57)
    #expect(groups.allSatisfy { (5...6).contains($0.outcomes.count) })
    #expect(zip(groups, groups.dropFirst()).allSatisfy { $0.headroom.upperBound < $1.headroom.lowerBound })
    #expect(HeadroomGroup.deciles(rows.prefix(3)).count == 3 && HeadroomGroup.deciles([ValidationRow]()).isEmpty)
  }

  @Test func thePartThatMissesMostIsNamed() throws {
    func part(_ arguments: Int, _ temporaries: Int, _ packing: Int) throws -> (part: Comparison.Part, bytes: Bytes)? {
      try row { seen, estimate in
        seen.arguments = Bytes(estimate.arguments + arguments)
        seen.packing = Bytes((estimate.packing + packing) / 2)
        seen.total = Bytes(estimate.total + arguments + temporaries + packing)
      }.comparison.missedPart
    }
    #expect(try part(1 << 20, 1 << 10, 1 << 12)?.part == .arguments)
    let missed = try #require(try part(1 << 10, 1 << 20, 1 << 12))
    #expect(missed.part == .temporaries && missed.bytes == Bytes(-1_048_576))
    #expect(try part(1 << 10, 1 << 12, 1 << 20)?.part == .packing)
    #expect(try row { seen, _ in seen.livePeak = Bytes(1) }.comparison.missedPart == nil)
  }

  @Test func aReservationFailsWhereItIsSmallerThanTheNeed() throws {
    let rows = try [99, 101].map { share in
      try row { seen, estimate in seen.total = Bytes(estimate.total * share / 100) }
    }
    let own = try #require(Reservations(.estimate, rows))
    #expect(own.rows == 2 && own.failures == 1 && own.failureShare == 0.5)
    let band = try #require(Reservations(.estimateWithBand, rows))
    #expect(band.given >= own.given && band.needed == own.needed)
    #expect(Reservations(.estimate, [try row { seen, _ in seen.livePeak = Bytes(1) }]) == nil)
  }

  /// 86.4 million parameters, 12 blocks: 16 bytes each, and 12 x 197 x 8 x 768 x (34 + 5 x 12 x 197 / 768) bytes.
  @Test func theNaiveRuleIsThatOfThePapers() {
    var configuration = Configuration(
      shape: Shape(width: 768, depth: 12, mlpWidth: 3072, heads: 12, patch: 16), batch: 8, head: .token)
    let perElement: Double = 34 + 5.0 * 12 * 197 / 768
    let elements: Double = 12 * 197 * 8 * 768
    let activations = elements * perElement, parameters: Double = 16 * 86_400_000
    let naive = ReservationRule.naiveBytes(configuration, parameters: 86_400_000)
    #expect((naive / (parameters + activations) - 1).magnitude < 1e-12)
    configuration.precision = .float32
    let float32 = ReservationRule.naiveBytes(configuration, parameters: 0)
    #expect((float32 / (2 * activations) - 1).magnitude < 1e-12)
  }

  // MARK: - From results

  private func result(_ evidence: EvidenceKind, _ change: (inout StepResult, Estimate) -> Void) throws -> Comparison? {
    let estimator = try Bundled.estimator.get(), estimate = estimator.estimate(Self.configuration)
    var result = estimator.result(estimate, for: Self.configuration)
    result.evidence = evidence
    change(&result, estimate)
    return ObservedEvidence(result, clock: estimator.device.clock).map { Comparison($0, by: estimator) }
  }

  /// A compile that says exactly what the model says has no error in any quantity: gaps are counted alike on both sides,
  /// and seconds become the cycles that they were made from.
  @Test func aCompileThatAgreesHasNoError() throws {
    let comparison = try #require(
      try result(.compiled) { result, estimate in
        result.memory.packing = Bytes(estimate.packing / 2)
        result.memory.total = Bytes(estimate.total - estimate.packing / 2)
        result.stepSeconds = Seconds(estimate.stepSeconds - estimate.allReduceSeconds)
      })
    for quantity in [EvidenceQuantity.livePeak, .arguments, .total, .temporaries, .packing, .cycles] {
      let error = try #require(comparison[quantity]).error
      #expect(error.magnitude < 1e-5, "\(quantity): \(error)")
    }
    #expect(comparison[.stepTime] == nil && comparison[.rematerializedTotal] == nil && comparison.outcome == .right)
  }

  @Test func aCompileForMemoryHasTheLivePeakAlone() throws {
    let comparison = try #require(try result(.compiled) { result, _ in result.provenance.isOfMemoryOnly = true })
    #expect(EvidenceQuantity.allCases.filter { comparison[$0] != nil } == [.livePeak])
  }

  @Test func aProgramSmallerThanItsLivePeakWasRematerialized() throws {
    let comparison = try #require(
      try result(.compiled) { result, estimate in result.memory.total = Bytes(estimate.livePeak / 2) })
    #expect(comparison[.total] == nil && comparison[.rematerializedTotal] != nil && comparison[.cycles] == nil)
  }

  @Test func aTrialHasTimeAndBytesUnlessItWasDisturbed() throws {
    let quiet = try #require(try result(.measured) { _, _ in })
    #expect(EvidenceQuantity.allCases.filter { quiet[$0] != nil } == [.total, .stepTime])
    #expect(try #require(quiet[.stepTime]).error == 0)
    let disturbed = try #require(try result(.measured) { result, _ in result.provenance.isDisturbed = true })
    #expect(disturbed[.stepTime] == nil && disturbed[.total] != nil)
    #expect(try result(.estimated) { _, _ in } == nil)
  }
}
