import TrainingStep
import VisionTransformer

/// Estimates of one block shape at any depth: the closed form with every size put in.
///
/// Making one lays out every buffer and prices every class of work once; `estimate(depth:)` then only evaluates lines.
public struct DepthSeries: Sendable {
  /// A candidate instant of the peak with its bytes as lines over depth.
  struct Candidate: Sendable {
    /// Its number in the plan.
    var plan: Int
    var instant: Instant
    var live = LinearBytes()
    var activations = LinearBytes()
    var gradients = LinearBytes()
    var padding = LinearBytes()
    /// Of the gradients, those of the head.
    var headGradients = 0
    /// The gradient of the MLP's hidden layer, which the allocation writes over the hidden layer.
    var inPlace = 0
    /// What stays when automatic rematerialization has computed again all that it can.
    var floor = LinearBytes()
  }

  /// The least a recomputation must free for the compiler to consider it (`xla_tpu_rematerialization_min_size_in_bytes`).
  static let leastRecomputed = 10 << 20

  private let caveat: Caveat?
  private let limit: Int
  private let rematerialization: Rematerialization
  private var parameterCount = LinearBytes()
  private var parameters = LinearBytes()
  private var optimizerState = LinearBytes()
  private var inputs = 0
  private var argumentPadding = LinearBytes()
  /// The candidates that are the peak at some depth, and those that are the floor at some depth.
  private(set) var candidates: [Candidate] = []
  private var floors: [LinearBytes] = []
  private let tail: GradientTail
  private let code: ProgramSize
  private var seconds: (constant: Double, perBlock: Double) = (0, 0)
  private let recomputation: RecomputationPrices
  private let clock: Double
  private let allReduce: AllReduce
  private var flops: (constant: Double, perBlock: Double) = (0, 0)
  private let appliesHeadGradients: Bool
  private let copiesQueries: Bool
  private let packing: Packing

  init(_ model: StepModel, _ configuration: Configuration, sizes: AxisSizes, device: Device) {
    rematerialization = configuration.rematerialization
    caveat = configuration.layers == .scanned ? .scannedLayers : nil
    limit = configuration.memoryLimit?.count ?? device.usableMemory.count
    clock = device.clock
    appliesHeadGradients = model.regime.appliesHeadGradients
    copiesQueries = model.regime.copiesQueries
    code = model.code
    allReduce = AllReduce(device: device, cores: configuration.dataParallel)
    let timing = StepTiming(model.structure, sizes, device: device)

    let (padded, waste) = Self.layOut(model.plan, sizes)
    func saved(_ index: Int?) -> Int { index.map { padded[$0] } ?? 0 }
    tail = GradientTail(model, padded: padded, sizes: sizes)
    packing = Packing(sizes, query: saved(model.plan.query))
    recomputation = RecomputationPrices(
      timing, hidden: saved(model.plan.hidden), logits: saved(model.plan.logits), query: saved(model.plan.query))
    addArguments(model.plan, padded, waste)
    addCandidates(model.plan, padded, waste)
    for cost in model.plan.costs {
      let each = timing.cycles(cost.cost) / device.clock
      seconds.constant += each * cost.constant
      seconds.perBlock += each * cost.perBlock
    }
    let size = SIMD16<Double>(sizes.sizes)
    let images = 1 / Double(configuration.batch)
    for work in model.plan.works {
      var each = work.flops * images
      for index in 0..<8 { each *= size[Int(work.axes[index])] }
      flops.constant += each * work.constant
      flops.perBlock += each * work.perBlock
    }
  }

  // Bytes of every buffer with padding, and of the padding alone.
  private static func layOut(_ plan: StepPlan, _ sizes: AxisSizes) -> (padded: [Int], waste: [Int]) {
    var padded = [Int](repeating: 0, count: plan.buffers.count)
    var waste = padded
    AxisTable.with(sizes) { table in
      plan.pairs.withUnsafeBufferPointer { pairs in
        plan.buffers.withUnsafeBufferPointer { buffers in
          padded.withUnsafeMutableBufferPointer { padded in
            waste.withUnsafeMutableBufferPointer { waste in
              for index in buffers.indices {
                let bytes = table.bytes(buffers[index], pairs)
                padded[index] = bytes.padded
                waste[index] = bytes.padded &- bytes.unpadded
              }
            }
          }
        }
      }
    }
    return (padded, waste)
  }

  private mutating func addArguments(_ plan: StepPlan, _ padded: [Int], _ waste: [Int]) {
    for argument in plan.arguments {
      let index = Int(argument.buffer)
      switch argument.kind {
      case .parameter:
        parameters.add(padded[index], argument.constant, argument.perBlock)
        parameterCount.add((padded[index] &- waste[index]) / 4, argument.constant, argument.perBlock)
      case .optimizerState: optimizerState.add(padded[index], argument.constant, argument.perBlock)
      case .input: inputs &+= padded[index] &* Int(argument.constant)
      }
      argumentPadding.add(waste[index], argument.constant, argument.perBlock)
    }
  }

  private mutating func addCandidates(_ plan: StepPlan, _ padded: [Int], _ waste: [Int]) {
    let most = Configuration.Limits.depth
    // A line that lies below another at both ends of the depths lies below it everywhere.
    func isBelow(_ a: LinearBytes, _ b: LinearBytes, less: Int = 0) -> Bool {
      a(1) <= b(1) &- less && a(most) <= b(most) &- less
    }
    // Also with everything taken off that may be taken off either.
    func isDominated(_ a: Candidate, by b: Candidate) -> Bool {
      isBelow(a.live, b.live) && isBelow(a.live, b.live, less: b.inPlace &- a.inPlace)
        && isBelow(a.live, b.live, less: applied(b) &- applied(a))
    }
    var kept: [Candidate] = []
    kept.reserveCapacity(4)
    // Candidates have most of their terms in common: the first is summed whole, the others by what sets them apart.
    var base = Candidate(plan: 0, instant: .forward)
    if let first = plan.candidates.first {
      addLines(&base, plan.terms, first.first..<first.end, plan, padded)
    }
    for (number, candidate) in plan.candidates.enumerated() {
      var sum = base
      sum.plan = number
      sum.instant = candidate.instant
      addLines(&sum, plan.changes, candidate.firstChange..<candidate.endChange, plan, padded)
      if !kept.contains(where: { isDominated(sum, by: $0) }) {
        kept.removeAll { isDominated($0, by: sum) }
        kept.append(sum)
      }
      var floor = sum.floor
      addLeftovers(&floor, plan, padded)
      if !floors.contains(where: { isBelow(floor, $0) }) {
        floors.removeAll { isBelow($0, floor) }
        floors.append(floor)
      }
    }
    for index in kept.indices { addDetails(&kept[index], plan, padded, waste) }
    candidates = kept
  }

  // The head's gradients, where they are applied before this instant.
  @inline(__always)
  private func applied(_ candidate: Candidate) -> Int {
    appliesHeadGradients && candidate.instant == .lastAttentionBackward ? candidate.headGradients : 0
  }

  // What decides whether a candidate is the peak or the floor.
  @inline(__always)
  private func addLines(
    _ sum: inout Candidate, _ terms: [StepPlan.Term], _ range: Range<Int>, _ plan: StepPlan, _ padded: [Int]
  ) {
    let hiddenGradient = plan.hiddenGradient ?? -1
    terms.withUnsafeBufferPointer { terms in
      padded.withUnsafeBufferPointer { padded in
        for index in range {
          let term = terms[index]
          let bytes = padded[Int(term.buffer)]
          sum.live.add(bytes, term.constant, term.perBlock)
          if term.purpose == .recomputable, bytes >= Self.leastRecomputed {
            // What the block in whose backward the instant lies needs is there in any case.
            sum.floor.constant &+= bytes &* Int(term.constant &+ term.perBlock)
          } else {
            sum.floor.add(bytes, term.constant, term.perBlock)
          }
          if term.purpose == .headGradient { sum.headGradients &+= bytes &* Int(term.constant) }
          if Int(term.buffer) == hiddenGradient, term.purpose == .workspace {
            sum.inPlace &+= bytes &* Int(term.constant)
          }
        }
      }
    }
  }

  // The parts of the breakdown.
  private func addDetails(_ sum: inout Candidate, _ plan: StepPlan, _ padded: [Int], _ waste: [Int]) {
    let candidate = plan.candidates[sum.plan]
    for index in candidate.first..<candidate.end {
      let term = plan.terms[index]
      let bytes = padded[Int(term.buffer)]
      sum.padding.add(waste[Int(term.buffer)], term.constant, term.perBlock)
      switch term.purpose {
      case .activation, .recomputable: sum.activations.add(bytes, term.constant, term.perBlock)
      case .gradient, .headGradient: sum.gradients.add(bytes, term.constant, term.perBlock)
      case .workspace: break
      }
    }
  }

  // Of queries, keys and values about half of one stays a block, seen in logs; copies of them, and the images, can only be
  // laid out anew.
  private func addLeftovers(_ floor: inout LinearBytes, _ plan: StepPlan, _ padded: [Int]) {
    guard let query = plan.query, let denseQuery = plan.denseQuery else { return }
    if copiesQueries {
      let saved = padded[query] &- padded[denseQuery]
      if saved >= Self.leastRecomputed {
        floor.constant &+= 4 &* saved
        floor.perBlock &-= 4 &* saved
      }
    } else if padded[query] >= Self.leastRecomputed {
      floor.constant &-= padded[query] / 2
      floor.perBlock &+= padded[query] / 2
    }
    if let images = plan.images, let denseImages = plan.denseImages {
      let saved = padded[images] &- padded[denseImages]
      if saved >= Self.leastRecomputed { floor.constant &-= saved }
    }
  }

  /// The estimate at `depth` blocks.
  public func estimate(depth: Int) -> Estimate {
    let gradientBytes = tail.gradients(depth)
    let headIsApplied = appliesHeadGradients && gradientBytes > GradientTail.bucketBytes
    var best = 0
    var live = Int.min
    for index in candidates.indices {
      var bytes = candidates[index].live(depth)
      if headIsApplied { bytes &-= applied(candidates[index]) }
      if bytes > live { (best, live) = (index, bytes) }
    }
    let end = tail.bytes(depth, atLeast: live)
    let atEnd = end.total > live
    live = max(live, end.total)
    let parameters = parameters(depth), state = optimizerState(depth)
    let held = parameters &+ state
    let peak = held &+ live
    let codeBytes = code.bytes(depth)
    // Source: the limit in the compiler's own log, to 0.2 % (FACTS section 3).
    let startsAt = Int(0.95 * Double(limit)) &- inputs &- codeBytes

    var after = peak
    var verdict = FitRule(limit: limit, startsAt: limit, inputs: 0)
      .verdict(peak: peak &+ inputs, floor: peak &+ inputs, floorIsGradients: false)
    var recomputed: RematerializationEstimate?
    if rematerialization != .none {
      var floor = 0
      var floorIsGradients = false
      if peak > startsAt {
        floor = tail.bytes(depth, atLeast: 0).total
        let gradients = floor
        for line in floors { floor = max(floor, line(depth)) }
        floorIsGradients = floor == gradients
        after = max(startsAt, min(held &+ floor, peak))
        recomputed = RematerializationEstimate(
          startsAt: startsAt, floor: held &+ floor, recomputedBytes: peak &- after,
          seconds: recomputation.cycles(freeing: peak &- after, depth: depth) / clock)
      }
      verdict = FitRule(limit: limit, startsAt: startsAt, inputs: inputs)
        .verdict(peak: peak, floor: held &+ floor, floorIsGradients: floorIsGradients)
    }
    var unshared = live
    if recomputed == nil, !atEnd, candidates[best].inPlace > 0 {
      unshared = tail.bytes(depth, atLeast: live &- candidates[best].inPlace).total
      for candidate in candidates { unshared = max(unshared, candidate.live(depth) &- candidate.inPlace) }
    }
    // The allocation writes the hidden layer's gradient over the hidden layer, which the live peak does not know.
    let shared = max(0, live &- unshared)
    let packed = packing.bytes(isRematerialized: recomputed != nil, limit: limit)
    let total = after &- shared &+ inputs &+ packed
    let reduce = allReduce.seconds(Double(gradientBytes))
    let reason: Caveat? = verdict == .uncertain ? .withinModelError : nil
    let winner = candidates[best]
    let gradients =
      atEnd
      ? end.gradients
      : winner.gradients(depth) &- (headIsApplied ? applied(winner) : 0)
    let activations = atEnd ? end.total &- end.gradients : winner.activations(depth)
    return Estimate(
      verdict: caveat == nil ? verdict : .uncertain, caveat: caveat ?? reason,
      parameterCount: parameterCount(depth), total: total, limit: limit, livePeak: peak, parameters: parameters,
      optimizerState: state, inputs: inputs, activations: max(0, activations &- (peak &- after)), gradients: gradients,
      workspace: live &- shared &- (peak &- after) &- gradients &- max(0, activations &- (peak &- after)),
      packing: packed,
      code: codeBytes, paddingWaste: argumentPadding(depth) &+ (atEnd ? 0 : winner.padding(depth)),
      peak: atEnd ? .endOfBackward : winner.instant, rematerialized: recomputed,
      flopsPerImage: flops.constant + flops.perBlock * Double(depth),
      stepSeconds: seconds.constant + seconds.perBlock * Double(depth) + (recomputed?.seconds ?? 0) + reduce,
      allReduceSeconds: reduce)
  }
}
