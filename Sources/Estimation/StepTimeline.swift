import TrainingStep
import VisionTransformer

/// Live bytes over the operations of one step, from the liveness walk.
///
/// Updates are written into their donated arguments and need no bytes of their own; as in the walk, each frees the
/// gradient that it reads. The all-reduce before them needs its operands and its results at once: it is one event at
/// the end of the backward pass, counted by buckets (`GradientTail`).
public struct StepTimeline: Sendable {
  /// One operation and the bytes alive while it runs.
  public struct Event: Sendable, Hashable {
    /// Part of the model and operation: `block 11 mlp: geluGradient`.
    public var label: String
    /// Phase of the step.
    public var phase: Phase
    /// Live bytes: parameters, optimizer state and temporaries.
    public var bytes: Int
  }

  /// Operations in the order they run: forward, backward and update, with the gradients' all-reduce among them.
  public var events: [Event]
  /// Parameters and optimizer state: alive throughout.
  public var arguments: Int
  /// Index of the first event with the most live bytes.
  public var peakIndex: Int
  /// The same events after automatic rematerialization; nil if nothing is recomputed.
  public var rematerialized: Rematerialized?

  /// The live bytes of a step in which some activations are recomputed rather than kept.
  public struct Rematerialized: Sendable, Hashable {
    /// Live bytes at each event.
    public var bytes: [Int]
    /// Index of the first event with the most of them.
    public var peakIndex: Int
    /// Whether the curve is cut off at the lowest peak that the model says is possible, where it is a bound rather than
    /// an estimate.
    public var isCapped: Bool
  }

  /// An event that the walk does not have: all gradients of a bucket, together with their sums.
  static let firstAllReduceLabel = "amid the backward pass: allReduceMean"
  static let allReduceLabel = "end of the backward pass: allReduceMean"
}

extension Estimator {
  /// Live bytes over the step of a validated configuration, before and after automatic rematerialization.
  ///
  /// - Throws: `ShapeError`, which the tests rule out for every structure.
  package func timeline(_ configuration: Configuration) throws -> StepTimeline {
    guard case .tpu(let tpu) = device.kind else { return try hostTimeline(asRun(configuration)) }
    let structure = StepStructure(configuration)
    let sizes = AxisSizes(configuration)
    let depth = configuration.shape.depth
    let preferred = XLARegime(structure, sizes, tpu)
    if structure.layers == .scanned {
      return scannedTimeline(try StepModel.programs(of: structure), preferred, configuration, sizes)
    }
    let model = try StepModel.of(structure, preferred)
    if depth <= ScheduledSeries.mostBlocks, let scheduled = ScheduledSeries(model, sizes, tpu) {
      return scheduledTimeline(scheduled.step(depth), configuration)
    }
    let alternative = try preferred.alternative(structure, sizes).map { try StepModel.of(structure, $0) }
    let series = DepthSeries(
      model, alternative: alternative, configuration, sizes: sizes,
      device: device, tpu: tpu)
    let order = series.order(depth: depth)
    let regime = order.live.regime
    let program = try TrainingStep(structure, depth: depth).program
    let walk = LivenessWalk(program, policy: XLASavePolicy(structure: structure, regime: regime))
    let arguments = program.arguments.reduce(0) { sum, value in
      let info = program[value]
      return info.role == .parameter || info.role == .optimizerState ? sum + Buffer(info.type).bytes(sizes) : sum
    }
    func allReduce(_ bytes: Int, _ label: String) -> StepTimeline.Event {
      StepTimeline.Event(label: label, phase: .backward, bytes: arguments + bytes)
    }
    let end = allReduce(order.live.tail.bytes(depth, atLeast: 0).total, StepTimeline.allReduceLabel)
    let early = order.live.tail.earlyBytes(depth).total
    let earlyPosition =
      early > 0 ? walk.endOfBackward(block: depth - order.live.tail.blocksBeforeEarly) : nil
    // Deferred gradients are reduced bucket by bucket, the first while the others' operands still wait.
    let lastBackward = walk.order.lastIndex { program.operations[$0].phase != .update } ?? walk.order.count - 1
    let endPosition = walk.deferralStart ?? lastBackward + 1
    var events: [StepTimeline.Event] = []
    var positions: [Int] = []
    for (position, (live, index)) in zip(walk.liveBytes(sizes), walk.order).enumerated() {
      if position == earlyPosition { events.append(allReduce(early, StepTimeline.firstAllReduceLabel)) }
      if position == endPosition { events.append(end) }
      positions += Array(repeating: position, count: events.count + 1 - positions.count)
      let operation = program.operations[index]
      events.append(
        StepTimeline.Event(
          label: "\(operation.scope): \(operation.primitive.name)", phase: operation.phase, bytes: arguments + live))
    }
    let peak = events.indices.max { (events[$0].bytes, $1) < (events[$1].bytes, $0) } ?? 0
    var timeline = StepTimeline(events: events, arguments: arguments, peakIndex: peak)
    let estimate = estimate(configuration)
    if let recomputed = estimate.rematerialized, recomputed.recomputedBytes > 0 {
      let curve = RematerializedCurve(
        walk, zip(positions, events).map { .init(position: $0, bytes: $1.bytes) }, sizes: sizes, depth: depth,
        target: estimate.livePeak - recomputed.recomputedBytes)
      let peak = curve.bytes.indices.max { (curve.bytes[$0], $1) < (curve.bytes[$1], $0) } ?? 0
      timeline.rematerialized = .init(bytes: curve.bytes, peakIndex: peak, isCapped: curve.isCapped)
    }
    return timeline
  }
}
