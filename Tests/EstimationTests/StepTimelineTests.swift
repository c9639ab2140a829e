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

  @Test(arguments: optimizers, GradientClipping.allCases)
  func theStepIsForwardThenBackwardThenUpdate(optimizer: Optimizer, clipping: GradientClipping) throws {
    let configuration = Configuration(
      shape: Self.shape, batch: 32, optimizer: optimizer, gradientClipping: clipping)
    let events = try timeline(configuration).events
    #expect(Set(events.map(\.phase)) == [.forward, .backward, .update])
    #expect(events.first?.phase == .forward)
    #expect(events.last?.phase == .update)
    let names: [Optimizer: String] = [
      .sgd: "sgdUpdate", .adam: "adamUpdate", .adamHalf: "adamUpdate", .adafactor: "adafactorUpdate",
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
}
