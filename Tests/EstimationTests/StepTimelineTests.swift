import Testing
import TrainingStep
import VisionTransformer

@testable import Estimation

@Suite struct StepTimelineTests {
  private static let optimizers = Optimizer.allCases
  private static let shape = Shape(width: 768, depth: 12, mlpWidth: 3072, heads: 12, patch: 16)

  private func timeline(_ configuration: Configuration) throws -> StepTimeline {
    try Bundled.estimator.get().timeline(configuration)
  }

  /// Of scanned layers it has the loops' few events.
  @Test(arguments: [Rematerialization.automatic, .full], [1, 8, 128])
  func aScannedTimelineHasThePeakOfTheEstimate(_ rematerialization: Rematerialization, _ batch: Int) throws {
    let configuration = Configuration(
      shape: Self.shape, batch: batch, rematerialization: rematerialization, layers: .scanned)
    let drawn = try timeline(configuration), estimate = try Bundled.estimator.get().estimate(configuration)
    #expect(drawn.events.first?.label == Instant.forwardLoop.rawValue)
    #expect(drawn.events.last?.label == Instant.endOfBackward.rawValue)
    let peak = drawn.events[drawn.peakIndex]
    #expect(peak.bytes == estimate.livePeak && peak.label == estimate.peak.rawValue)
  }

  @Test(arguments: optimizers, GradientClipping.allCases)
  func theStepIsForwardThenBackwardThenUpdate(optimizer: Optimizer, clipping: GradientClipping) throws {
    let configuration = Configuration(
      shape: Self.shape, batch: 32, optimizer: optimizer, gradientClipping: clipping)
    let events = try timeline(configuration).events
    #expect(Set(events.map(\.phase)) == [.forward, .backward, .update])
    #expect(events.first?.phase == .forward)
    #expect(events.last?.phase == .update)
    let names: [Optimizer: String] = [
      .sgd: "sgdUpdate", .sgdMomentum: "momentumUpdate", .adam: "adamUpdate", .adamHalf: "adamUpdate",
      .adafactor: "adafactorUpdate",
    ]
    for block in 0..<12 {
      let label = "block \(block) mlp: \(names[optimizer] ?? "")"
      #expect(events.contains { $0.phase == .update && $0.label == label }, "\(label)")
    }
  }

  /// Under Adam every gradient is there when the updates begin, and each frees its own.
  @Test func updatesFreeTheGradientsThatTheyRead() throws {
    let configuration = Configuration(shape: Self.shape, batch: 32, classes: 1000, optimizer: .adam)
    let drawn = try timeline(configuration)
    let updates = drawn.events.filter { $0.label.hasSuffix("adamUpdate") }.map { $0.bytes - drawn.arguments }
    let first = try #require(updates.first), last = try #require(updates.last)
    // bfloat16 where the weights were cast to it: 2 bytes of each parameter at least.
    let parameters = try Bundled.estimator.get().estimate(configuration).parameterCount
    #expect(first >= 2 * parameters)
    #expect(first <= 5 * parameters / 2)
    #expect(last < first / 10)
    #expect(zip(updates, updates.dropFirst()).allSatisfy { $0 >= $1 })
  }

  /// A large classifier's gradient is left to the end: updates that take less come before it.
  @Test func smallUpdatesComeBeforeALateClassifiersGradient() throws {
    let events = try timeline(Configuration(shape: Self.shape, batch: 32, classes: 29_593, optimizer: .adam)).events
    let lastBackward = try #require(events.lastIndex { $0.phase == .backward })
    let updates = events.indices.filter { events[$0].label == "block 5 attention: adamUpdate" }
    #expect(!updates.isEmpty)
    #expect(updates.filter { $0 < lastBackward }.count >= 4)
  }

  /// The all-reduce needs operands and results at once: where that is the peak, the drawing has it.
  @Test(arguments: [("ViT-G/14", 1, Optimizer.adam), ("ViT-G/14", 8, .adafactor), ("ViT-B/16", 64, .adam)])
  func thePeakIsTheEstimates(name: String, batch: Int, optimizer: Optimizer) throws {
    let configuration = Configuration(shape: try Bundled.shape(name), batch: batch, optimizer: optimizer)
    let estimate = try Bundled.estimator.get().estimate(configuration)
    let drawn = try timeline(configuration)
    let peak = drawn.events[drawn.peakIndex]
    #expect(peak.bytes == estimate.livePeak)
    #expect((peak.label == StepTimeline.allReduceLabel) == (estimate.peak == .endOfBackward))
  }

  /// Wide models: a kernel is larger than the activations that its gradient frees, and the first bucket is reduced while most
  /// activations are still there. Of a model with little depth the other order, all gradients last, needs less.
  @Test(arguments: [(29, 8, Instant.firstAllReduce), (6, 4, .lastMLPBackward)])
  func ofWideModelsTheDrawingHasTheOrderOfTheEstimate(depth: Int, batch: Int, instant: Instant) throws {
    let shape = Shape(width: 2560, depth: depth, mlpWidth: 8192, heads: 16, patch: 14)
    let configuration = Configuration(shape: shape, batch: batch, optimizer: .adafactor)
    let estimate = try Bundled.estimator.get().estimate(configuration)
    let drawn = try timeline(configuration)
    let peak = drawn.events[drawn.peakIndex]
    #expect(peak.bytes == estimate.livePeak)
    #expect(estimate.peak == instant)
    #expect((peak.label == StepTimeline.firstAllReduceLabel) == (instant == .firstAllReduce))
  }

  // MARK: After automatic rematerialization

  @Test(arguments: [
    ("ViT-G/14", 8, "tpu-v3"), ("ViT-G/14", 16, "tpu-v5e"), ("ViT-g/14", 32, "tpu-v3"), ("ViT-H/14", 32, "tpu-v2"),
  ])
  func theSecondCurveStopsWhereTheEstimateDoes(name: String, batch: Int, device: String) throws {
    let estimator = Estimator(device: try Bundled.catalog.get().device(named: device))
    let configuration = Configuration(shape: try Bundled.shape(name), device: device, batch: batch)
    let estimate = estimator.estimate(configuration)
    let recomputed = try #require(estimate.rematerialized)
    let drawn = try estimator.timeline(configuration)
    let after = try #require(drawn.rematerialized)
    #expect(after.bytes.count == drawn.events.count)
    #expect(after.bytes.max() == estimate.livePeak - recomputed.recomputedBytes)
    #expect(after.bytes[after.peakIndex] == after.bytes.max())
    #expect(!after.isCapped)
    #expect(zip(after.bytes, drawn.events).allSatisfy { $0 <= $1.bytes && $0 >= drawn.arguments })
    // Nothing is freed before the first block has used it, nor when the backward pass is over.
    #expect(after.bytes.first == drawn.events.first?.bytes && after.bytes.last == drawn.events.last?.bytes)
    // Half-way through the forward pass there is less than before, for blocks that are through keep less.
    let middle = try #require(drawn.events.firstIndex { $0.label.hasPrefix("block \(configuration.shape.depth / 2) ") })
    #expect(after.bytes[middle] < drawn.events[middle].bytes)
  }

  @Test func withoutRecomputationThereIsOneCurve() throws {
    for rematerialization in [Rematerialization.none, .full] {
      let configuration = Configuration(
        shape: try Bundled.shape("ViT-G/14"), batch: 16, rematerialization: rematerialization)
      let estimate = try Bundled.estimator.get().estimate(configuration)
      #expect(
        try (timeline(configuration).rematerialized != nil) == ((estimate.rematerialized?.recomputedBytes ?? 0) > 0))
    }
    #expect(try timeline(Configuration(shape: Self.shape, batch: 8)).rematerialized == nil)
  }

  /// Over shapes, heads, optimizers and batches: the curve lies under the one before, its peak is the estimate's, and where the
  /// buffers that can be computed again do not suffice, it says that it is cut off.
  @Test func theSecondCurveIsNeverAboveTheFirst() throws {
    var generator = SeededGenerator(seed: 11)
    var drawnCurves = 0, capped = 0
    for _ in 0..<400 {
      let width = 64 * Int.random(in: 4...32, using: &generator)
      let shape = Shape(
        width: width, depth: Int.random(in: 1...24, using: &generator),
        mlpWidth: 256 * Int.random(in: 1...24, using: &generator), heads: width / 64, patch: 14)
      var configuration = Configuration(
        shape: shape, batch: Int.random(in: 1...64, using: &generator),
        head: Head.allCases.randomElement(using: &generator) ?? .map,
        optimizer: Optimizer.allCases.randomElement(using: &generator) ?? .adam)
      let free = try Bundled.estimator.get().estimate(configuration)
      // A limit under which it has to recompute, more or less.
      configuration.memoryLimit = Bytes(Int(Double(free.livePeak) * Double.random(in: 0.6...1.05, using: &generator)))
      let estimate = try Bundled.estimator.get().estimate(configuration)
      let drawn = try timeline(configuration)
      guard let after = drawn.rematerialized else { continue }
      drawnCurves += 1
      if after.isCapped { capped += 1 }
      let target = estimate.livePeak - (estimate.rematerialized?.recomputedBytes ?? 0)
      #expect(zip(after.bytes, drawn.events).allSatisfy { $0 <= $1.bytes })
      #expect(try #require(after.bytes.max()) <= target, "\(configuration)")
    }
    #expect(drawnCurves > 200 && capped * 4 < drawnCurves)
  }
}

/// Random numbers that are the same in every run: the constants are those of SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
