import Testing
import TrainingStep
import VisionTransformer

@testable import Estimation
@testable import Scheduling

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

  private func graph(_ configuration: Configuration, blocks: Int) throws -> FlatGraph {
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
    #expect(repeated.plain.text == whole.plain.text)
  }

  /// Every node follows what it reads and waits for, and none is left out, in each of the three orders.
  @Test(arguments: ScheduledGraph.Order.allCases) func everyOrderIsOne(_ order: ScheduledGraph.Order) throws {
    for configuration in Self.configurations {
      let graph = try graph(configuration, blocks: StepTemplate.mostBlocks).plain
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

  /// Flat graphs are scheduled as plain ones are: the same three orders, accounts, choice and peak, at 2,000 random sizes.
  @Test(arguments: 0..<20) func flatGraphsAreScheduledAsPlainOnes(_ seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed))
    for _ in 0..<100 {
      let heads = Int.random(in: 1...16, using: &random), patch = [8, 14, 16, 32].randomElement(using: &random) ?? 16
      var configuration = Configuration(
        shape: Shape(
          width: heads * 8 * Int.random(in: 1...16, using: &random), depth: Int.random(in: 1...12, using: &random),
          mlpWidth: Int.random(in: 64...8192, using: &random), heads: heads, patch: patch),
        batch: Int.random(in: 1...64, using: &random), imageSize: patch * Int.random(in: 2...24, using: &random))
      configuration.head = Head.allCases.randomElement(using: &random) ?? .map
      configuration.optimizer = Optimizer.allCases.randomElement(using: &random) ?? .adam
      configuration.precision = Precision.allCases.randomElement(using: &random) ?? .bfloat16
      configuration.gradientClipping = Bool.random(using: &random) ? .globalNorm : .none
      configuration.rematerialization = .full
      let flat = try graph(configuration, blocks: min(configuration.shape.depth, StepTemplate.mostBlocks))
      let plain = flat.plain, schedules = plain.schedules()
      #expect(flat.listOrder() == plain.listOrder().map(Int32.init), "\(configuration)")
      #expect(flat.depthFirstOrder() == plain.depthFirstOrder().map(Int32.init), "\(configuration)")
      for schedule in schedules {
        #expect(flat.heapPeak(schedule.sequence.map(Int32.init)) == schedule.heapPeak, "\(configuration)")
      }
      let chosen = flat.schedule(), peak = plain.livePeak(schedules[0].sequence)
      #expect(chosen.order == schedules[0].sequence.map(Int32.init), "\(configuration)")
      #expect(chosen.peak == peak.bytes && chosen.position == peak.position && chosen.alive == peak.alive)
      #expect(chosen.live == plain.liveBytes(schedules[0].sequence))
      #expect(chosen.shared == plain.sharedPeak(schedules[0].sequence), "\(configuration)")
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

extension FlatGraph {
  /// The same with everything that the plain algorithms read.
  fileprivate var plain: ScheduledGraph {
    let values = bytes.indices.map { value in
      ScheduledGraph.Value(
        owner: Int(owner[value]), bytes: bytes[value], path: [], shape: 0, compactBytes: bytes[value],
        mayReplace: replaces.list(value).map(Int.init))
    }
    var numbers = [Int](repeating: 0, count: count)
    for (number, node) in byNumber.enumerated() { numbers[Int(node)] = number }
    let nodes = (0..<count).map { node in
      let operands = operands.list(node).map(Int.init), carried = carried.list(node).map(Int.init)
      let role: ScheduledGraph.Role =
        switch roles[node] {
        case .parameter: .parameter
        case .tuple: .tuple
        case .element:
          .element((self.carried.list(operands[0]).dropFirst().firstIndex(of: Int32(carried[0])) ?? 0))
        case .work: .work
        case .copy: .copy
        }
      let rank = String(Int(names[node]) + 100_000)
      return ScheduledGraph.Node(
        name: rank, origin: rank, role: role, number: numbers[node], operands: operands,
        predecessors: predecessors.list(node).map(Int.init), carried: carried, defined: Array(defined(node)),
        reads: ScheduledGraph.reads(role, carried, operands.map { self.carried.list($0).map(Int.init) }),
        shape: 0, isScalar: isScalar[node], isRepeatable: true)
    }
    return ScheduledGraph(
      nodes: nodes, values: values, root: count - 1,
      donations: donations.map { ScheduledGraph.Donation(argument: Int($0.argument), result: Int($0.result)) },
      shapes: [])
  }
}
