import TrainingStep
import VisionTransformer

/// Live bytes over the operations of one step, as the liveness walk sees them.
public struct StepTimeline: Sendable {
  /// One operation with what is alive while it runs.
  public struct Event: Sendable, Hashable {
    /// Where it stands and what it is: `block 11 mlp: geluGradient`.
    public var label: String
    /// Phase of the step.
    public var phase: Phase
    /// Live bytes: parameters, optimizer state and temporaries.
    public var bytes: Int
  }

  /// Operations in the order they run; those of the update, which change nothing, are left out.
  public var events: [Event]
  /// Parameters and optimizer state: alive throughout.
  public var arguments: Int
  /// Index of the first event with the most live bytes.
  public var peakIndex: Int
}

extension Estimator {
  /// Live bytes over the step of a validated configuration, before automatic rematerialization.
  ///
  /// - Throws: `ShapeError`, which the tests rule out for every structure.
  public func timeline(_ configuration: Configuration) throws(ShapeError) -> StepTimeline {
    let structure = StepStructure(configuration)
    let sizes = AxisSizes(configuration)
    let regime = XLARegime(structure, sizes)
    let program = try TrainingStep(structure, depth: configuration.shape.depth).program
    let walk = LivenessWalk(program, policy: XLASavePolicy(structure: structure, regime: regime))
    let arguments = program.arguments.reduce(0) { sum, value in
      let info = program[value]
      return info.role == .parameter || info.role == .optimizerState ? sum + Buffer(info.type).bytes(sizes) : sum
    }
    var events: [StepTimeline.Event] = []
    for (live, index) in zip(walk.liveBytes(sizes), walk.order) {
      let operation = program.operations[index]
      if operation.phase == .update { continue }
      events.append(
        StepTimeline.Event(
          label: "\(operation.scope): \(operation.primitive.name)", phase: operation.phase, bytes: arguments + live))
    }
    let peak = events.indices.max { (events[$0].bytes, $1) < (events[$1].bytes, $0) } ?? 0
    return StepTimeline(events: events, arguments: arguments, peakIndex: peak)
  }
}
