import Scheduling
import Testing
import TrainingStep
import VisionTransformer

@testable import Estimation

/// Steps that are scheduled by the compiler's own algorithm.
@Suite struct ScheduledStepTests {
  private static let configurations: [Configuration] = Head.allCases.flatMap { head in
    Optimizer.allCases.flatMap { optimizer in
      Precision.allCases.flatMap { precision in
        [GradientClipping.none, .globalNorm].flatMap { clipping in
          [1, 3].map { batch in
            var configuration = Configuration(
              shape: Shape(width: 1024, depth: 5, mlpWidth: 4096, heads: 16, patch: 32), batch: batch, head: head,
              optimizer: optimizer, precision: precision, gradientClipping: clipping)
            configuration.rematerialization = .full
            return configuration
          }
        }
      }
    }
  }

  private func graph(_ configuration: Configuration, blocks: Int) throws -> ScheduledGraph {
    let device = try Bundled.estimator.get().device, sizes = AxisSizes(configuration)
    let structure = StepStructure(configuration, sizes)
    let regime = XLARegime(structure, sizes, try device.tpu)
    let template = StepTemplate(
      try TrainingStep(structure, depth: blocks).program, depth: blocks,
      policy: XLASavePolicy(structure: structure, regime: regime), keepsImages: true)
    var lowering = StepGraph(template, depth: configuration.shape.depth, sizes: sizes, alignment: 1024)
    return lowering.write().graph
  }

  /// A template of three blocks, with the middle one repeated, is the lowering of the whole program.
  @Test(arguments: configurations) func repeatingABlockIsLoweringTheWholeStep(_ configuration: Configuration) throws {
    let repeated = try graph(configuration, blocks: StepTemplate.mostBlocks)
    let whole = try graph(configuration, blocks: configuration.shape.depth)
    #expect(repeated.text == whole.text)
  }

  /// Every node follows what it reads and waits for, and none is left out, in each of the three orders.
  @Test(arguments: ScheduledGraph.Order.allCases) func everyOrderIsOne(_ order: ScheduledGraph.Order) throws {
    for configuration in Self.configurations {
      let graph = try graph(configuration, blocks: StepTemplate.mostBlocks)
      let sequence = graph.schedule(order).sequence
      #expect(sequence.sorted() == Array(graph.nodes.indices))
      var place = [Int](repeating: 0, count: sequence.count)
      for (position, node) in sequence.enumerated() { place[node] = position }
      let isOrdered = graph.nodes.indices.allSatisfy { node in
        (graph.nodes[node].operands + graph.nodes[node].predecessors).allSatisfy { place[$0] < place[node] }
      }
      #expect(isOrdered, "\(configuration)")
    }
  }

  /// The parts add up, whatever is the peak.
  @Test(arguments: configurations) func thePartsAddUp(_ configuration: Configuration) throws {
    for depth in [1, 2, 3, 12] {
      var deeper = configuration
      deeper.shape.depth = depth
      let estimate = try Bundled.estimator.get().estimate(deeper)
      #expect(estimate.isScheduled)
      let parts = [
        estimate.arguments, estimate.activations, estimate.gradients, estimate.workspace, estimate.packing,
      ]
      #expect(parts.reduce(0, +) == estimate.total && parts.allSatisfy { $0 >= 0 })
      #expect(estimate.livePeak > estimate.parameters + estimate.optimizerState)
      #expect(estimate.paddingWaste >= 0 && estimate.paddingWaste < estimate.total)
    }
  }

  /// The timeline is the order that the estimate speaks of.
  @Test(arguments: configurations.prefix(12)) func theTimelineHasTheEstimatesPeak(_ configuration: Configuration) throws
  {
    let estimator = try Bundled.estimator.get(), timeline = try estimator.timeline(configuration)
    #expect(timeline.events[timeline.peakIndex].bytes == estimator.estimate(configuration).livePeak)
  }

  /// A series and a single configuration have one answer.
  @Test(arguments: configurations.prefix(12)) func aSeriesHasTheSameAnswer(_ configuration: Configuration) throws {
    let estimator = try Bundled.estimator.get()
    #expect(estimator.series(configuration).estimate(depth: 5) == estimator.estimate(configuration))
  }

  /// What has a closed form is not scheduled: scanned blocks, kept ones, many tokens.
  @Test func onlyItsClassIsScheduled() throws {
    let estimator = try Bundled.estimator.get()
    var configuration = Configuration(shape: Shape(width: 384, depth: 12, mlpWidth: 1536, heads: 6, patch: 16))
    configuration.optimizer = .sgd
    #expect(!estimator.estimate(configuration).isScheduled)
    configuration.rematerialization = .full
    #expect(estimator.estimate(configuration).isScheduled)
    configuration.layers = .scanned
    #expect(!estimator.estimate(configuration).isScheduled)
    configuration.layers = .unrolled
    configuration.optimizer = .adam
    #expect(!estimator.estimate(configuration).isScheduled)
    configuration.batch = 1
    #expect(estimator.estimate(configuration).isScheduled)
  }
}
