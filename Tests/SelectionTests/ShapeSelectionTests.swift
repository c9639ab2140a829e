import Testing
import VisionTransformer

@testable import Selection

/// Rays, the front and the few that are kept, against plain sorting of everything.
struct ShapeSelectionTests {
  private let h14 = Shape(width: 1280, depth: 32, mlpWidth: 5120, heads: 16, patch: 14)

  private func figures(
    _ shape: Shape, verdict: Verdict = .fits, parameters: Int = 1000, flops: Double = 1e9, speed: Double = 10,
    total: Int = 1
  ) -> SelectionFigures {
    SelectionFigures(
      shape: shape, batch: 8, verdict: verdict, parameterCount: parameters, flopsPerImage: flops,
      stepSeconds: 8 / speed, total: total, limit: 100)
  }

  private func shape(_ width: Int, _ depth: Int, _ mlpWidth: Int, heads: Int = 16, patch: Int = 14) -> Shape {
    Shape(width: width, depth: depth, mlpWidth: mlpWidth, heads: heads, patch: patch)
  }

  // MARK: - Rays

  @Test func theLaggardIsTheLeastGrownDimension() {
    let ray = ScalingRay.together(from: h14)
    #expect(ray.laggard(of: shape(1664, 48, 8192)) == .width)
    #expect(ray.laggard(of: shape(2560, 48, 5120)) == .mlpWidth)
    #expect(ray.growth(of: .depth, in: shape(1664, 48, 8192)) == 1.5)
    // SoViT's width grows slowly: 1.1 times is further along its ray than 1.3 times the MLP-width.
    #expect(ScalingRay.computeOptimal(from: h14).laggard(of: shape(1408, 48, 6656)) == .width)
    #expect(ScalingRay.computeOptimal(from: h14).laggard(of: shape(1664, 48, 6656)) == .mlpWidth)
  }

  @Test func aSmallerPatchIsGrowthWhereItVaries() {
    let ray = ScalingRay.together(from: shape(768, 12, 3072, patch: 16), variesPatch: true)
    #expect(ray.growth(of: .patch, in: shape(768, 12, 3072, patch: 8)) == 2)
    #expect(ray.laggard(of: shape(1536, 24, 6144, patch: 14)) == .patch)
    #expect(ScalingRay.together(from: h14).exponents[.patch] == nil)
  }

  @Test func tiesAreBrokenByTheNextDimensionThenSizeThenSpeed() {
    var selection = ShapeSelection<String>(.alongRay(.together(from: h14)), SelectionConstraints(), capacity: 9)
    selection.insert(figures(shape(1408, 32, 9999), speed: 99), "depth lags")
    selection.insert(figures(shape(1408, 40, 5632)), "evenly")
    selection.insert(figures(shape(1408, 36, 6144)), "next is further")
    selection.insert(figures(shape(1408, 36, 6144, heads: 8), speed: 11), "the same, faster")
    #expect(selection.selected.map(\.element) == ["the same, faster", "evenly", "depth lags"])
  }

  // MARK: - Against plain sorting

  @Test(arguments: 0..<20) func theFrontIsWhatNothingDominates(_ seed: UInt64) {
    var random = SplitMix(state: seed)
    var all: [SelectionFigures] = [], front = ParetoFront<Int>()
    for index in 0..<400 {
      // Few values, so that equals occur.
      let one = figures(
        shape(1, index + 1, 1), parameters: Int(random.next() % 20), flops: Double(random.next() % 20),
        speed: Double(1 + random.next() % 20))
      all.append(one)
      front.insert(one, index)
    }
    func dominates(_ a: SelectionFigures, _ b: SelectionFigures) -> Bool {
      a.parameterCount >= b.parameterCount && a.flopsPerImage <= b.flopsPerImage
        && a.imagesPerSecond >= b.imagesPerSecond
        && (a.parameterCount, a.flopsPerImage, a.imagesPerSecond)
          != (b.parameterCount, b.flopsPerImage, b.imagesPerSecond)
    }
    let expected = Set(
      all.filter { one in !all.contains { dominates($0, one) } }
        .map { [Double($0.parameterCount), $0.flopsPerImage, $0.imagesPerSecond] })
    let found = front.members.map(\.figures)
    #expect(Set(found.map { [Double($0.parameterCount), $0.flopsPerImage, $0.imagesPerSecond] }) == expected)
    #expect(front.count == expected.count, "equals stand on the front once")
    #expect(found.map(\.parameterCount) == found.map(\.parameterCount).sorted(by: >))
    let fastest = front.fastest(atLeast: 10)?.imagesPerSecond
    #expect(fastest == all.filter { $0.parameterCount >= 10 }.map(\.imagesPerSecond).max())
  }

  @Test(arguments: 0..<20) func theFewAreTheFirstOfAll(_ seed: UInt64) {
    var random = SplitMix(state: seed)
    let ray = ScalingRay.computeOptimal(from: h14)
    let constraints = SelectionConstraints([.minImagesPerSecond: 8])
    var selection = ShapeSelection<Int>(.alongRay(ray), constraints, capacity: 7)
    var eligible: [(SelectionFigures, Int)] = []
    for index in 0..<500 {
      let one = figures(
        shape(64 * Int(1 + random.next() % 9), Int(1 + random.next() % 9), 128 * Int(1 + random.next() % 9)),
        verdict: random.next() % 3 == 0 ? .doesNotFit : .fits, parameters: Int(random.next() % 50),
        speed: Double(1 + random.next() % 30))
      selection.insert(one, index)
      if one.verdict == .fits, one.imagesPerSecond >= 8 { eligible.append((one, index)) }
    }
    let rule = SelectionRule.alongRay(ray)
    let sorted = eligible.sorted { a, b in
      let x = rule.standing(a.0), y = rule.standing(b.0)
      return x == y ? a.1 < b.1 : y < x
    }
    var seen: Set<Shape> = [], expected: [Int] = []
    for (one, index) in sorted where seen.insert(one.shape).inserted { expected.append(index) }
    #expect(selection.selected.map(\.element) == Array(expected.prefix(7)))
    #expect(selection.eligible == eligible.count && selection.offered == 500)
  }

  // MARK: - What would have to give

  @Test func whatAloneKeepsAConfigurationOutIsKnownWithTheNearest() throws {
    let constraints = SelectionConstraints(
      [.minParameters: 500, .maxDeviceDays: 10], run: try TrainingRun(examples: 864_000))
    var selection = ShapeSelection<Int>(.largest, constraints, capacity: 3)
    selection.insert(figures(h14, verdict: .doesNotFit, speed: 9, total: 130), 0)
    selection.insert(figures(h14, verdict: .uncertain, speed: 9, total: 110), 1)
    selection.insert(figures(h14, speed: 0.5), 2)
    selection.insert(figures(h14, speed: 0.8), 3)
    selection.insert(figures(h14, verdict: .doesNotFit, parameters: 10, speed: 9), 4)
    #expect(selection.eligible == 0 && selection.uncertain == 1)
    #expect(selection.nearMiss(.memory)?.element == 1 && selection.nearMiss(.memory)?.value == 110)
    #expect(selection.nearMiss(.maxDeviceDays)?.element == 3)
    #expect(abs((selection.nearMiss(.maxDeviceDays)?.value ?? 0) - 12.5) < 1e-9)
    #expect(selection.nearMiss(.minParameters) == nil)
    #expect(selection.broken.map(\.constraints) == [[.memory], [.maxDeviceDays], [.memory, .minParameters]])
    #expect(selection.broken.map(\.count) == [2, 2, 1])
  }

  @Test func theLastStepOfARunIsAWholeOne() throws {
    let run = try TrainingRun(examples: 1001, chips: 2)
    // 2 chips of 2 cores, 8 images each: 32 a step, 32 steps of half a second.
    #expect(run.deviceTime(devicesPerChip: 2, batch: 8, step: Seconds(0.5)).value == 32 * 4 * 0.5)
    #expect(try TrainingRun(examples: 1000).deviceTime(devicesPerChip: 2, batch: 8, step: Seconds(0.5)).value == 62.5)
    for (examples, chips) in [(0.0, 1), (.nan, 1), (.infinity, 1), (-5, 1), (10, 0), (10, Int.max), (1e16, 1)] {
      #expect(throws: ConfigurationError.self) { try TrainingRun(examples: examples, chips: chips) }
    }
  }
}
