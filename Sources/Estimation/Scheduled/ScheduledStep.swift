import Scheduling
import TrainingStep
import VisionTransformer

/// A step as XLA:TPU's own algorithm schedules it: the order that it takes, and what is alive along it.
///
/// Source: the public algorithms (`Scheduling`); Facts, "Order of the step".
struct ScheduledStep {
  private let template: StepTemplate
  private let sizes: AxisSizes
  private let graph: FlatGraph
  private let works: [StepGraph.Work]
  private let schedule: FlatSchedule

  init(_ template: StepTemplate, depth: Int, sizes: AxisSizes, alignment: Int) {
    self.template = template
    self.sizes = sizes
    var lowering = StepGraph(template, depth: depth, sizes: sizes, alignment: alignment)
    (graph, works) = lowering.write()
    schedule = graph.schedule()
  }

  /// The largest sum of live temporaries, and its parts.
  func peak() -> ScheduledPeak {
    var result = ScheduledPeak(
      live: schedule.peak, allocated: schedule.shared,
      instant: instant(works[Int(schedule.order[schedule.position])]))
    for value in schedule.alive {
      // The table of pointers of a tuple is no array.
      guard graph.kind[value] >= 0 else { continue }
      let bytes = graph.bytes[value], kind = Int(graph.kind[value])
      switch works[Int(graph.owner[value])] {
      case .piece(let index, _):
        let piece = template.pieces[index]
        switch piece.writes[Int(graph.output[value])].purpose {
        case .activation, .recomputable: result.activations += bytes
        case .gradient, .headGradient: result.gradients += bytes
        case .workspace, .inPlace: break
        }
        if piece.phase == .forward { result.kept += bytes }
      case .allReduce: result.gradients += bytes
      case .update, .none: break
      }
      let unpadded = kind < template.buffers.buffers.count ? template.buffers.buffers[kind].unpaddedBytes(sizes) : 4
      result.padding += max(0, bytes - unpadded)
    }
    return result
  }

  private func instant(_ work: StepGraph.Work) -> Instant {
    guard case .piece(let index, let block) = work else { return .endOfBackward }
    let piece = template.pieces[index]
    return block == 0 && piece.phase != .forward ? .firstBlockBackward : piece.instant
  }

  /// What runs, in order, with the bytes of temporaries alive meanwhile.
  func events() -> [StepTimeline.Event] {
    zip(schedule.order, schedule.live).compactMap { node, bytes in
      switch works[Int(node)] {
      case .none: nil
      case .piece(let index, let block):
        event(template.pieces[index], block, bytes)
      case .allReduce:
        StepTimeline.Event(label: "gradients: \(UpdateName.allReduce.rawValue)", phase: .backward, bytes: bytes)
      case .update(let name): StepTimeline.Event(label: template.names[name], phase: .update, bytes: bytes)
      }
    }
  }

  private func event(_ piece: StepTemplate.Piece, _ block: Int?, _ bytes: Int) -> StepTimeline.Event {
    StepTimeline.Event(label: "\(Scope(piece.part, block: block)): \(piece.name)", phase: piece.phase, bytes: bytes)
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
