import Evidence
import Scheduling
import VisionTransformer

/// What a compiler schedules: the orders that it chooses from, what is alive at the peak, and what it would recompute at
/// other limits.
package struct GraphReport {
  /// The graph.
  package let graph: ScheduledGraph
  /// Name of the shape or of the file.
  let title: String
  let device: String
  let compiler: String
  let log: CompilerLog
  /// The replayed orders, the one with the least peak first.
  let schedules: [ScheduledGraph.Schedule]
  /// The compiler's own order, and the live peak along it.
  let order: [Int]
  let peak: ScheduledGraph.LivePeak
  /// Values alive at the peak, largest sum first.
  let alive: [AliveValues]
  /// What rematerialization makes of the compiler's order, by limit.
  let limits: [(limit: Bytes, outcome: RecomputedSchedule)]
  /// This package's own graph of the step, held against the compiler's; nil for a user's own program.
  let own: LoweringReport?

  /// A report on `graph`, which the compiler runs in `order`.
  ///
  /// - Parameters:
  ///   - own: this package's own graph of the same step, or why there is none; nil for a user's own program.
  ///   - log: what the compiler logged of the same compile.
  package init(
    _ graph: ScheduledGraph, order: [Int], own: LoweredGraph?, log: CompilerLog, title: String, device: String,
    compiler: String
  ) {
    self.graph = graph
    self.order = order
    self.log = log
    self.title = title
    self.device = device
    self.compiler = compiler
    schedules = graph.schedules()
    peak = graph.livePeak(order)
    alive = AliveValues.groups(peak.alive, of: graph)
    let bytes = peak.bytes + graph.resultBytes
    self.own = own.map { LoweringReport($0, graph, livePeak: log.livePeak ?? Bytes(bytes)) }
    limits = Self.limits(of: graph, order, peak: bytes, own: log.rematerializationLimit?.count)
  }

  /// Shares of the live peak at which rematerialization is replayed.
  private static let shares = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]

  /// What becomes of the peak at the compiler's own limit, if that is exceeded, and at shares of the peak, down to where
  /// nothing is gained any more.
  private static func limits(
    of graph: ScheduledGraph, _ order: [Int], peak: Int, own: Int?
  ) -> [(limit: Bytes, outcome: RecomputedSchedule)] {
    var limits = shares.map { Int(Double(peak) * $0) }
    if let own, own < peak { limits.append(own) }
    var found: [(limit: Bytes, outcome: RecomputedSchedule)] = []
    for limit in limits.sorted(by: >) {
      let outcome = graph.rematerialized(order, limit: limit - graph.resultBytes)
      let isReached = outcome.peak + graph.resultBytes <= limit
      // The compiler's own limit is always shown.
      if let last = found.last, !isReached, outcome.peak >= last.outcome.peak, limit != own { continue }
      found.append((Bytes(limit), outcome))
    }
    return found
  }

  /// Arguments that are updated in place, results and temporaries: what the compiler's log calls its peak.
  package var livePeak: Bytes { Bytes(peak.bytes + graph.resultBytes) }

  /// The graph as a file: what was asked and what the compiler logged, its order, and the lines of `ScheduledGraph.text`.
  package var file: String {
    var lines = [
      "title\t\(title)", "device\t\(device)", "compiler\t\(compiler)",
      "order\t\(order.map(String.init).joined(separator: ","))",
    ]
    for (key, value) in [
      ("livePeak", log.livePeak?.count), ("rematerializationLimit", log.rematerializationLimit?.count),
      ("peakAfter", log.peakAfter?.count), ("rematerialized", log.rematerializedInstructions),
    ] {
      if let value { lines.append("\(key)\t\(value)") }
    }
    return lines.joined(separator: "\n") + "\n" + graph.text
  }
}

/// Equal values that are alive at an instant: those of one shape, made by one kind of work.
package struct AliveValues: Sendable, Hashable {
  /// The work, `forward/block*/mlp/contract` for that of any block.
  package var origin: String
  /// The shape in the compiler's notation.
  package var shape: String
  /// Bytes of each.
  package var bytes: Bytes
  /// How many.
  package var count: Int
  /// Bytes of all.
  package var total: Bytes { Bytes(bytes.count * count) }

  /// The values by work and shape, largest sum first.
  static func groups(_ values: [Int], of graph: ScheduledGraph) -> [AliveValues] {
    var index: [AliveValues: Int] = [:]
    var groups: [AliveValues] = []
    for value in values {
      let own = graph.values[value]
      let node = graph.nodes[own.owner]
      let origin = node.origin.isEmpty ? node.name : node.origin
      let key = AliveValues(
        origin: anyBlock(origin), shape: graph.shapes[own.shape], bytes: Bytes(own.bytes), count: 0)
      if let known = index[key] {
        groups[known].count += 1
      } else {
        index[key] = groups.count
        groups.append(key)
        groups[groups.count - 1].count = 1
      }
    }
    return groups.sorted { ($1.total, $0.origin, $0.shape) < ($0.total, $1.origin, $1.shape) }
  }

  private static func anyBlock(_ origin: String) -> String {
    origin.split(separator: "/", omittingEmptySubsequences: false)
      .map { $0.hasPrefix("block") && $0.dropFirst(5).allSatisfy(\.isNumber) ? "block*" : $0 }
      .joined(separator: "/")
  }
}
