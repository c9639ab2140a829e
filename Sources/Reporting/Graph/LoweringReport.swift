import Scheduling
import VisionTransformer

/// This package's own graph of a step, or why it has none.
package enum LoweredGraph: Sendable {
  /// The graph.
  case graph(ScheduledGraph)
  /// There is none, and why.
  case notLowered(String)
}

/// How far this package's own graph of a step is the compiler's.
struct LoweringReport {
  /// Why there is no graph; nil if there is one.
  let problem: String?
  /// Nodes of one kind of difference: how many, and the first.
  struct Difference {
    var title: String
    var count: Int
    var first: String
  }
  let differences: [Difference]
  /// Nodes of both with equal bytes, and nodes of the compiler's that define memory.
  let equal: Int, all: Int
  /// The live peak of the own graph in its own order.
  let livePeak: Bytes?
  /// How far that is above the compiler's.
  let error: Double?

  /// Holds a graph against the compiler's, whose live peak is given.
  init(_ lowered: LoweredGraph, _ graph: ScheduledGraph, livePeak logged: Bytes) {
    let own: ScheduledGraph
    switch lowered {
    case .graph(let graph): (own, problem) = (graph, nil)
    case .notLowered(let reason):
      problem = reason
      (differences, equal, all, livePeak, error) = ([], 0, 0, nil, nil)
      return
    }
    let comparison = GraphComparison(own, graph)
    func name(_ graph: ScheduledGraph, _ node: Int?) -> String {
      guard let node = node.map({ graph.nodes[$0] }) else { return "" }
      return "\(node.origin.isEmpty ? node.name : node.origin) \(graph.shapes[node.shape])"
    }
    differences = [
      Difference(
        title: "other bytes", count: comparison.resized.count,
        first: name(graph, comparison.resized.first?.second)),
      Difference(
        title: "only the compiler's", count: comparison.onlySecond.count,
        first: name(graph, comparison.onlySecond.first)),
      Difference(
        title: "only our own", count: comparison.onlyFirst.count,
        first: name(own, comparison.onlyFirst.first)),
      Difference(
        title: "other operands", count: comparison.rewired.count,
        first: name(graph, comparison.rewired.first?.second)),
    ]
    equal = comparison.equal.count
    all = equal + comparison.resized.count + comparison.onlySecond.count
    let chosen = own.schedules().first
    let peak = chosen.map { Bytes(own.livePeak($0.sequence).bytes + own.resultBytes) }
    livePeak = peak
    error = peak.map { Double($0.count) / Double(max(1, logged.count)) - 1 }
  }
}
