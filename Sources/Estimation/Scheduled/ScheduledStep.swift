import Scheduling
import TrainingStep
import VisionTransformer

/// A step as XLA:TPU's own algorithm schedules it: the order that it takes, and what is alive along it.
///
/// Source: the public algorithms (`Scheduling`); Facts, "Order of the step".
struct ScheduledStep {
  private let graph: ScheduledGraph
  private let details: [StepGraph.Detail?]
  /// Nodes in the order that needs least.
  private let order: [Int]

  init(_ template: StepTemplate, depth: Int, sizes: AxisSizes, alignment: Int) {
    var lowering = StepGraph(template, depth: depth, sizes: sizes, alignment: alignment)
    (graph, details) = lowering.write()
    order = graph.cheapest().sequence
  }

  /// The largest sum of live temporaries, and its parts.
  func peak() -> ScheduledPeak {
    let peak = graph.livePeak(order)
    var result = ScheduledPeak(
      live: peak.bytes, allocated: graph.sharedPeak(order),
      instant: details[order[peak.position]]?.instant ?? .endOfBackward)
    for value in peak.alive {
      let own = graph.values[value]
      // The table of pointers of a tuple is no array.
      guard let detail = details[own.owner], detail.purposes.count == 1 || !own.path.isEmpty else { continue }
      let output = own.path.first ?? 0
      switch detail.purposes[output] {
      case .activation, .recomputable: result.activations += own.bytes
      case .gradient, .headGradient: result.gradients += own.bytes
      case .workspace, .inPlace: break
      }
      if detail.phase == .forward { result.kept += own.bytes }
      result.padding += max(0, own.bytes - detail.unpaddedBytes[output])
    }
    return result
  }

  /// What runs, in order, with the bytes of temporaries alive meanwhile.
  func events() -> [StepTimeline.Event] {
    zip(order, graph.liveBytes(order)).compactMap { node, bytes in
      details[node].map { StepTimeline.Event(label: "\($0.label)", phase: $0.phase, bytes: bytes) }
    }
  }
}

/// The largest sum of live temporaries of a scheduled step, in bytes.
struct ScheduledPeak: Sendable {
  /// As the compiler counts it.
  var live: Int
  /// The most that the allocation needs, which writes results of work over operands that die.
  var allocated: Int
  var instant: Instant
  /// Of `live`: what the forward pass or the recomputation left, and gradients of parameters; the rest is workspace.
  var activations = 0
  var gradients = 0
  /// Of `live`: what the forward pass left, blocks' inputs for the most part, from which all else is recomputed.
  var kept = 0
  /// Tile padding within `live`.
  var padding = 0
}

extension StepGraph.Label: CustomStringConvertible {
  var description: String {
    switch self {
    case .piece(let part, let block, let name): "\(Scope(part, block: block)): \(name)"
    case .allReduce: "gradients: allReduceMean"
    case .update(let name): name
    }
  }
}
