import Scheduling
import Testing

/// The rules of the algorithms, on graphs small enough to follow by hand.
@Suite struct SmallGraphTests {
  private static let mebibyte = 1 << 20

  /// A graph of work: each node makes one value of so many MiB out of earlier nodes' values; the last is the result.
  private static func graph(_ work: [(mebibytes: Int, operands: [Int])]) -> ScheduledGraph {
    let nodes = work.enumerated().map { index, work in
      ScheduledGraph.Node(
        name: "n\(index)", origin: "", role: .work, number: index, operands: work.operands, predecessors: [],
        carried: [index], defined: [index], reads: work.operands, shape: 0, isScalar: false, isRepeatable: true)
    }
    let values = work.enumerated().map { index, work in
      let bytes = work.mebibytes * mebibyte
      return ScheduledGraph.Value(owner: index, bytes: bytes, path: [], shape: 0, compactBytes: bytes)
    }
    return ScheduledGraph(nodes: nodes, values: values, root: nodes.count - 1, donations: [], shapes: ["f32[]"])
  }

  // Two chains from one source: each makes a large value and then a small one; the last reads both small ones.
  private static let chains = graph([(1, []), (40, [0]), (1, [1]), (40, [0]), (1, [3]), (1, [2, 4])])

  @Test func listOrderFinishesOneChainBeforeTheOther() {
    let order = Self.chains.listOrder()
    #expect(order == [0, 3, 4, 1, 2, 5] || order == [0, 1, 2, 3, 4, 5])
    #expect(Self.chains.livePeak(order).bytes == 42 * Self.mebibyte)
    // Both large values at once need as much again.
    #expect(Self.chains.livePeak([0, 1, 3, 2, 4, 5]).bytes == 81 * Self.mebibyte)
  }

  @Test func everyOrderRunsOperandsFirst() {
    for schedule in Self.chains.schedules() {
      let place = Dictionary(uniqueKeysWithValues: schedule.sequence.enumerated().map { ($1, $0) })
      #expect(schedule.sequence.sorted() == Array(Self.chains.nodes.indices))
      for (index, node) in Self.chains.nodes.enumerated() {
        #expect(node.operands.allSatisfy { place[$0, default: .max] < place[index, default: 0] }, "\(schedule.order)")
      }
    }
  }

  @Test func aValueTakesTheDyingPlaceOfAnOperand() {
    var values = Self.chains.values
    values[2].mayReplace = [1]
    let sharing = ScheduledGraph(
      nodes: Self.chains.nodes, values: values, root: 5, donations: [], shapes: ["f32[]"])
    let order = [0, 1, 2, 3, 4, 5]
    #expect(Self.chains.heapPeak(order) - sharing.heapPeak(order) == 0)
    let alone = Self.graph([(40, []), (40, [0]), (1, [1])])
    var shared = alone.values
    shared[1].mayReplace = [0]
    let inPlace = ScheduledGraph(nodes: alone.nodes, values: shared, root: 2, donations: [], shapes: ["f32[]"])
    #expect(alone.heapPeak([0, 1, 2]) == 80 * Self.mebibyte)
    #expect(inPlace.heapPeak([0, 1, 2]) == 41 * Self.mebibyte)
  }

  // A value of 50 MiB made from a small one waits through a peak of 60 MiB until the end.
  private static let waiting = graph([(1, []), (50, [0]), (1, [1]), (60, [2]), (1, [3]), (1, [1, 4])])

  @Test func aWaitingValueIsMadeAgain() {
    let order = [0, 1, 2, 3, 4, 5]
    #expect(Self.waiting.livePeak(order).bytes == 111 * Self.mebibyte)
    let outcome = Self.waiting.rematerialized(order, limit: 70 * Self.mebibyte)
    #expect(outcome.changes == [.init(node: 1, kind: .recomputed, at: 3)])
    // The small value that it is made from lives on.
    #expect(outcome.peak == 62 * Self.mebibyte)
  }

  @Test func nothingIsMadeAgainBelowTheLimitOrTheSmallestSize() {
    let order = [0, 1, 2, 3, 4, 5]
    #expect(Self.waiting.rematerialized(order, limit: 111 * Self.mebibyte).changes.isEmpty)
    let rule = RecomputedSchedule.Rule(smallest: 61 * Self.mebibyte)
    #expect(Self.waiting.rematerialized(order, limit: 70 * Self.mebibyte, rule: rule).changes.isEmpty)
  }

  @Test(arguments: [
    "node\ta", "shape\tf32[]\nvalue\t-1\t0\t0\t\t", "shape\tf32[]\nvalue\t1024\t1024\t7\t\t", "root\t0", "",
    "shape\tf32[]\nvalue\t1024\t1024\t0\t\t\nnode\ta\t\tdance\t0\t0\t\t\t\t0\t\nroot\t0",
    "shape\tf32[]\nvalue\t1024\t1024\t0\t\t\nnode\ta\t\twork\t0\t0\t\t\t9\t0\t\nroot\t0",
    "shape\tf32[]\nvalue\t1024\t1024\t0\t\t5\nnode\ta\t\twork\t0\t0\t\t\t\t0\t\nroot\t0",
  ]) func brokenTextIsRefused(_ text: String) {
    #expect(throws: ScheduledGraph.Unreadable.self) { try ScheduledGraph(lines: text.split(separator: "\n")) }
  }
}
