import TrainingStep
import VisionTransformer

/// Estimates of one block shape at any depth: the closed form with every size put in.
///
/// Making one lays out every buffer and prices every class of work once; `estimate(depth:)` then only evaluates lines. A class,
/// because it is large: it is handed on without being copied.
public final class DepthSeries: Sendable {
  /// A candidate instant of the peak with its bytes as lines over depth.
  struct Candidate: Sendable {
    var instant: Instant
    var live: LinearBytes
    /// Of the gradients, those of the head, and of those, what is applied before this instant.
    var headGradients: Int
    var applied: Int
    /// The gradient of the MLP's hidden layer, which the allocation writes over the hidden layer.
    var inPlace: Int
    var activations = LinearBytes()
    var gradients = LinearBytes()
    var padding = LinearBytes()
  }

  /// The least a recomputation must free for the compiler to consider it (`xla_tpu_rematerialization_min_size_in_bytes`).
  static let leastRecomputed = 10 << 20

  private let caveat: Caveat?
  private let limit: Int
  private let rematerialization: Rematerialization
  private let arguments: Arguments
  /// The candidates that are the peak at some depth.
  let candidates: [Candidate]
  /// What stays, at some depth, when automatic rematerialization has computed again all that it can.
  private let floors: [LinearBytes]
  private let tail: GradientTail
  private let code: ProgramSize
  private let seconds: (constant: Double, perBlock: Double)
  private let recomputation: RecomputationPrices
  private let clock: Double
  private let allReduce: AllReduce
  private let flops: (constant: Double, perBlock: Double)
  private let appliesHeadGradients: Bool
  private let packing: Packing
  private let band: UncertainBand

  /// The series of a model for the sizes of `configuration`, whose depth is ignored.
  static func of(_ model: StepModel, _ configuration: Configuration, sizes: AxisSizes, device: Device) -> DepthSeries {
    let bytes = BufferBytes(model, sizes)
    defer { bytes.deallocate() }
    return DepthSeries(model, configuration, sizes: sizes, device: device, bytes: bytes)
  }

  private init(
    _ model: StepModel, _ configuration: Configuration, sizes: AxisSizes, device: Device, bytes: BufferBytes
  ) {
    rematerialization = configuration.rematerialization
    caveat = configuration.layers == .scanned ? .scannedLayers : nil
    limit = configuration.memoryLimit?.count ?? device.usableMemory.count
    clock = device.clock
    band = device.uncertainBand
    appliesHeadGradients = model.regime.appliesHeadGradients
    code = model.code
    allReduce = AllReduce(device: device, cores: configuration.dataParallel)
    let timing = StepTiming(model.structure, sizes, device: device)
    tail = GradientTail(model, padded: bytes, sizes: sizes)
    packing = Packing(sizes, query: bytes.of(model.plan.query))
    recomputation = RecomputationPrices(
      timing, hidden: bytes.of(model.plan.hidden), logits: bytes.of(model.plan.logits),
      query: bytes.of(model.plan.query))
    let sums = CandidateSums(model, bytes)
    defer { sums.deallocate() }
    candidates = sums.candidates()
    floors = rematerialization == .none ? [] : sums.floors(leftovers: Self.leftovers(model, bytes))
    arguments = Arguments(model, bytes)
    seconds = Self.seconds(model, timing, clock: clock)
    flops = Self.flops(model, sizes, images: configuration.batch)
  }

  /// What a step is called with.
  private struct Arguments: Sendable {
    var parameterCount = LinearBytes()
    var parameters = LinearBytes()
    var optimizerState = LinearBytes()
    var inputs = 0
    var padding = LinearBytes()

    init(_ model: StepModel, _ bytes: BufferBytes) {
      model.plan.arguments.withUnsafeBufferPointer { arguments in
        for index in arguments.indices { add(arguments[index], bytes) }
      }
    }

    private mutating func add(_ argument: StepPlan.ArgumentPlan, _ bytes: BufferBytes) {
      let padded = bytes.padded[argument.buffer], waste = bytes.waste[argument.buffer]
      switch argument.kind {
      case .parameter:
        parameters.add(padded, argument.constant, argument.perBlock)
        parameterCount.add((padded &- waste) / 4, argument.constant, argument.perBlock)
      case .optimizerState: optimizerState.add(padded, argument.constant, argument.perBlock)
      case .input: inputs &+= padded &* argument.constant
      }
      padding.add(waste, argument.constant, argument.perBlock)
    }
  }

  private static func seconds(
    _ model: StepModel, _ timing: StepTiming, clock: Double
  ) -> (constant: Double, perBlock: Double) {
    var (constant, perBlock) = (0.0, 0.0)
    model.plan.costs.withUnsafeBufferPointer { costs in
      for index in costs.indices {
        let each = timing.cycles(costs[index].cost) / clock
        constant += each * costs[index].constant
        perBlock += each * costs[index].perBlock
      }
    }
    return (constant, perBlock)
  }

  // Forward work of one image.
  private static func flops(
    _ model: StepModel, _ sizes: AxisSizes, images: Int
  ) -> (constant: Double, perBlock: Double) {
    let share = 1 / Double(images)
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: 16) { size in
      let vector = sizes.sizes
      for axis in 0..<16 { size[axis] = Double(vector[axis]) }
      return model.plan.works.withUnsafeBufferPointer { works in
        var sum = (constant: 0.0, perBlock: 0.0)
        for index in works.indices {
          let work = works[index]
          var each = work.flops * share
          // Places without an axis have size one: no loop of an unknown length.
          for place in 0..<StepPlan.WorkPlan.places { each *= size[Int(work.axes[place])] }
          sum.constant += each * work.constant
          sum.perBlock += each * work.perBlock
        }
        return sum
      }
    }
  }

  // Of queries, keys and values about half of one stays a block, seen in logs; copies of them, and the images, can only be
  // laid out anew.
  private static func leftovers(_ model: StepModel, _ bytes: BufferBytes) -> LinearBytes {
    var floor = LinearBytes()
    guard let query = model.plan.query, let denseQuery = model.plan.denseQuery else { return floor }
    if model.regime.copiesQueries {
      let saved = bytes.padded[query] &- bytes.padded[denseQuery]
      if saved >= Self.leastRecomputed {
        floor.constant &+= 4 &* saved
        floor.perBlock &-= 4 &* saved
      }
    } else if bytes.padded[query] >= Self.leastRecomputed {
      floor.constant &-= bytes.padded[query] / 2
      floor.perBlock &+= bytes.padded[query] / 2
    }
    if let images = model.plan.images, let denseImages = model.plan.denseImages {
      let saved = bytes.padded[images] &- bytes.padded[denseImages]
      if saved >= Self.leastRecomputed { floor.constant &-= saved }
    }
    return floor
  }
}

extension DepthSeries {
  /// Temporaries alive while the first gradients wait for their all-reduce.
  func endOfBackward(depth: Int) -> Int { tail.bytes(depth, atLeast: 0).total }

  /// The estimate at `depth` blocks.
  public func estimate(depth: Int) -> Estimate {
    var estimate = Estimate.blank
    write(&estimate, depth: depth)
    return estimate
  }

  /// Writes the estimate at `depth` blocks where it stays: over a grid, copies of estimates take longer than their sums.
  public func write(_ estimate: inout Estimate, depth: Int) {
    let gradientBytes = tail.gradients(depth)
    let headIsApplied = appliesHeadGradients && gradientBytes > GradientTail.bucketBytes
    var best = 0
    var live = Int.min
    candidates.withUnsafeBufferPointer { candidates in
      for index in candidates.indices {
        var bytes = candidates[index].live(depth)
        if headIsApplied { bytes &-= candidates[index].applied }
        if bytes > live { (best, live) = (index, bytes) }
      }
    }
    let end = tail.bytes(depth, atLeast: live)
    let atEnd = end.total > live
    live = max(live, end.total)
    let parameters = arguments.parameters(depth), state = arguments.optimizerState(depth), inputs = arguments.inputs
    let held = parameters &+ state
    let peak = held &+ live
    let codeBytes = code.bytes(depth)
    // Source: the limit in the compiler's own log, to 0.2 % (FACTS section 3).
    let startsAt = Int(0.95 * Double(limit)) &- inputs &- codeBytes

    var after = peak
    let rule = FitRule(limit: limit, startsAt: startsAt, inputs: inputs, band: band)
    let verdict: Verdict
    var recomputed: RematerializationEstimate?
    if rematerialization != .none {
      var floor = 0
      var floorIsGradients = false
      if peak > startsAt {
        for line in floors { floor = max(floor, line(depth)) }
        if let gradients = tail.total(depth, unlessBelow: floor), gradients >= floor {
          floor = gradients
          floorIsGradients = true
        }
        after = max(startsAt, min(held &+ floor, peak))
        recomputed = RematerializationEstimate(
          startsAt: startsAt, floor: held &+ floor, floorIsGradients: floorIsGradients,
          recomputedBytes: peak &- after, seconds: recomputation.cycles(freeing: peak &- after, depth: depth) / clock)
      }
      verdict = rule.verdict(peak: peak, floor: held &+ floor, floorIsGradients: floorIsGradients)
    } else {
      verdict = rule.verdict(peak: peak &+ inputs)
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
    let gradients =
      atEnd
      ? end.gradients
      : candidates[best].gradients(depth) &- (headIsApplied ? candidates[best].applied : 0)
    let activations = atEnd ? end.total &- end.gradients : candidates[best].activations(depth)
    let kept = max(0, activations &- (peak &- after))
    estimate.verdict = caveat == nil ? verdict : .uncertain
    estimate.caveat = caveat ?? reason
    estimate.parameterCount = arguments.parameterCount(depth)
    estimate.total = total
    estimate.limit = limit
    estimate.livePeak = peak
    estimate.parameters = parameters
    estimate.optimizerState = state
    estimate.inputs = inputs
    estimate.activations = kept
    estimate.gradients = gradients
    estimate.workspace = live &- shared &- (peak &- after) &- gradients &- kept
    estimate.packing = packed
    estimate.code = codeBytes
    estimate.paddingWaste = arguments.padding(depth) &+ (atEnd ? 0 : candidates[best].padding(depth))
    estimate.peak = atEnd ? .endOfBackward : candidates[best].instant
    estimate.rematerialized = recomputed
    estimate.flopsPerImage = flops.constant + flops.perBlock * Double(depth)
    estimate.stepSeconds = seconds.constant + seconds.perBlock * Double(depth) + (recomputed?.seconds ?? 0) + reduce
    estimate.allReduceSeconds = reduce
  }
}
