import Catalog
import Estimation
import Testing
import VisionTransformer

@testable import Selection

/// How many images or blocks fit, where fitting is not monotone.
struct RoomTests {
  /// A verdict by ranges; what is in none does not fit.
  private func verdict(fits: [ClosedRange<Int>], uncertain: [ClosedRange<Int>] = []) -> (Int) -> Verdict {
    { number in
      if fits.contains(where: { $0.contains(number) }) { return .fits }
      return uncertain.contains { $0.contains(number) } ? .uncertain : .doesNotFit
    }
  }

  @Test func gapsBelowAndAWindowAboveAreNamed() {
    let room = Room(upTo: 1 << 20, verdict(fits: [1...196, 210...220], uncertain: [260...292]))
    #expect(room.largest == 220)
    #expect(room.gaps == [197...209])
    #expect(room.mayFit == 260...292 && !room.othersMayFit)
  }

  /// 610 is twice the edge and a tile's width more: what fits there reaches further in turn.
  @Test func aWindowAtTheEndOfTheSearchIsFollowed() {
    let room = Room(upTo: 1 << 20, verdict(fits: [1...241, 527...776], uncertain: [777...848]))
    #expect(Room(upTo: 1 << 20, verdict(fits: [1...241], uncertain: [250...260, 300...310])).othersMayFit)
    #expect(room.largest == 776 && room.gaps == [242...526] && room.mayFit == 777...848)
  }

  @Test func onAHostWhatMayFitIsSettledByHalving() {
    var room = Room(byHalvingUpTo: 1 << 20, verdict(fits: [1...322], uncertain: [323...329]))
    room.settle(verdict(fits: [1...329]))
    #expect(room == Room(largest: 329))
    room = Room(byHalvingUpTo: 1 << 20, verdict(fits: [1...322], uncertain: [323...329]))
    room.settle(verdict(fits: [1...322]))
    #expect(room == Room(largest: 322))
  }

  /// Told to stay within 70 MiB, libtpu 0.0.17.1 ends with 77.5: code and inputs leave it nothing to aim at.
  @Test(arguments: ["60MiB", "70MiB"]) func whereTheLimitLeavesNothingToAimAtNothingSurelyFits(limit: String) throws {
    let estimator = Estimator(device: try Catalog.bundled().device(named: "tpu-v3"))
    let configuration = Configuration(
      shape: Shape(width: 256, depth: 2, mlpWidth: 1024, heads: 4, patch: 16), batch: 4, classes: 100,
      memoryLimit: try Bytes(parsing: limit))
    let estimate = estimator.estimate(configuration)
    #expect(estimate.verdict == .uncertain && estimate.caveat == .withinModelError)
    #expect(estimate.rematerialized?.startsAt ?? 0 >= 0)
    #expect(FitAdvisor(estimator).roomForBatch(configuration).largest ?? 0 == 0)
  }

  @Test func withoutGapsNothingIsSaidOfThem() {
    let room = Room(upTo: 1 << 20, verdict(fits: [1...34]))
    #expect(room == Room(largest: 34))
  }

  @Test func beyondSomeThousandsItIsSampledAndSaysSo() {
    let room = Room(upTo: 1 << 20, verdict(fits: [1...9000, 9340...9350]))
    #expect(room.largest == 9350 && room.sampledAbove == 9000 && room.gaps.isEmpty)
    #expect(Room(upTo: 1 << 20, verdict(fits: [1...4000])).sampledAbove == nil)
  }

  @Test func noneFitsOrNoneSurely() {
    #expect(Room(upTo: 1 << 20, verdict(fits: [])) == Room(largest: 0))
    let room = Room(upTo: 1 << 20, verdict(fits: [], uncertain: [1...3]))
    #expect(room.largest == nil && room.mayFit == 1...3)
  }

  @Test func everythingFitsUpToTheLimit() {
    #expect(Room(upTo: 100, verdict(fits: [1...1000])) == Room(largest: 100))
    #expect(Room(byHalvingUpTo: 100, verdict(fits: [1...1000])) == Room(largest: 100))
  }

  @Test func aHostsSearchTakesAFewDozenQuestions() {
    var asked = 0
    let answer = verdict(fits: [1...1304], uncertain: [1305...1330])
    let room = Room(byHalvingUpTo: 1 << 20) { number in
      asked += 1
      return answer(number)
    }
    #expect(room.largest == 1304 && room.mayFit == 1305...1330)
    #expect(asked < 64)
  }

  /// The public report of 196 images: what fits is not all that is below the largest, and what is above it is not all out.
  @Test func viTLOfAPublicReportHasAWindowAboveItsLargestBatch() throws {
    let catalog = try Catalog.bundled()
    let estimator = Estimator(device: try catalog.device(named: "tpu-v3"))
    let configuration = Configuration(
      shape: try catalog.shape(named: "ViT-L/16"), head: .token, classes: 1000, optimizer: .adam)
    let room = FitAdvisor(estimator).roomForBatch(configuration)
    func verdict(_ batch: Int) -> Verdict {
      var changed = configuration
      changed.batch = batch
      return estimator.estimate(changed).verdict
    }
    let largest = try #require(room.largest), window = try #require(room.mayFit)
    #expect(verdict(largest) == .fits && (largest + 1...512).allSatisfy { verdict($0) != .fits })
    #expect(window.lowerBound > largest + 1 && window.allSatisfy { verdict($0) == .uncertain })
    #expect(verdict(window.lowerBound - 1) == .doesNotFit)
  }

  @Test(arguments: ["ViT-Ti/16", "ViT-B/16", "ViT-G/14"])
  func roomOnAHostIsWhatItsEstimatesSay(shape: String) throws {
    let catalog = try Catalog.bundled()
    let estimator = Estimator(device: try catalog.device(named: "cpu"))
    var configuration = Configuration(shape: try catalog.shape(named: shape), device: "cpu", precision: .float32)
    configuration.memoryLimit = Bytes(64 << 30)
    let room = FitAdvisor(estimator).roomForBatch(configuration)
    let largest = try #require(room.largest)
    configuration.batch = largest
    #expect(estimator.estimate(configuration).verdict == .fits)
    configuration.batch = (room.mayFit?.upperBound ?? largest) + 1
    #expect(estimator.estimate(configuration).verdict == .doesNotFit)
  }
}
