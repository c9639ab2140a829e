import Scheduling
import Testing
import VisionTransformer
import XLALowering

/// The step's program lowered by this package, against graphs that libtpu 0.0.17.1 scheduled.
@Suite struct LoweringTests {
  /// The steps of the bundled graphs that are lowered.
  static let steps: [(dump: String, configuration: Configuration)] = [
    step("gap-sgd", 640, 2, 2560, 10, 16, batch: 24, .gap, classes: 21_843, .sgd),
    step("map-adafactor-limited", 1024, 6, 4096, 16, 14, batch: 32, .map, .adafactor),
    step("map-adam", 768, 3, 3072, 12, 16, batch: 32, .map, .adam),
    step("token-adam-half-clip", 512, 3, 2048, 8, 14, batch: 16, .token, .adamHalf, .globalNorm),
    step("token-adam-limited", 768, 4, 3072, 12, 14, batch: 32, .token, .adam),
    step("token-wide-classes", 1664, 2, 8192, 16, 14, batch: 8, .token, classes: 29_593, .adam),
  ]

  static func step(
    _ dump: String, _ width: Int, _ depth: Int, _ mlpWidth: Int, _ heads: Int, _ patch: Int, batch: Int, _ head: Head,
    classes: Int = 1000, _ optimizer: Optimizer, _ clipping: GradientClipping = .none
  ) -> (String, Configuration) {
    let shape = Shape(width: width, depth: depth, mlpWidth: mlpWidth, heads: heads, patch: patch)
    return (
      dump,
      Configuration(
        shape: shape, batch: batch, head: head, classes: classes, optimizer: optimizer, gradientClipping: clipping)
    )
  }

  @Test(arguments: steps.indices) func loweredGraphIsTheCompilers(_ index: Int) throws {
    let dump = try DumpedGraph(Self.steps[index].dump + ".graph.gz")
    let own = try ScheduledGraph(lowering: Self.steps[index].configuration, alignment: 1024)
    let comparison = GraphComparison(own, dump.graph)
    let name = { (node: Int?) in node.map { dump.graph.nodes[$0].origin } ?? "" }
    #expect(comparison.onlySecond.count <= 1, "\(name(comparison.onlySecond.first))")
    #expect(comparison.resized.count <= 8, "\(name(comparison.resized.first?.second))")
    #expect(comparison.equal.count * 100 >= 98 * (comparison.equal.count + comparison.resized.count))

    let chosen = try #require(own.schedules().first), theirs = try #require(dump.graph.schedules().first)
    #expect(chosen.order == theirs.order)
    let peak = own.livePeak(chosen.sequence).bytes + own.resultBytes, logged = try #require(dump.livePeak)
    #expect(abs(peak - logged) <= logged / 10_000, "\(peak), not \(logged)")
  }

  @Test func otherClassesAreNotLowered() {
    let shape = Shape(width: 768, depth: 2, mlpWidth: 3072, heads: 12, patch: 16)
    for configuration in [
      Configuration(shape: shape, batch: 1), Configuration(shape: shape, precision: .float32),
      Configuration(shape: shape, rematerialization: .full), Configuration(shape: shape, layers: .scanned),
      Configuration(shape: shape, batch: 128),
      Configuration(
        shape: Shape(width: 1000, depth: 2, mlpWidth: 4000, heads: 8, patch: 16)),
    ] {
      let error = #expect(throws: ScheduledGraph.NotLowered.self) {
        try ScheduledGraph(lowering: configuration, alignment: 1024)
      }
      #expect(error?.description.hasPrefix("not lowered, because ") == true)
    }
  }

  @Test func aGraphIsEqualToItself() throws {
    let graph = try DumpedGraph("gap-sgd.graph.gz").graph
    let comparison = GraphComparison(graph, graph)
    #expect(comparison.resized.isEmpty && comparison.onlyFirst.isEmpty && comparison.onlySecond.isEmpty)
    #expect(comparison.rewired.isEmpty)
  }
}
