import TrainingStep
import VisionTransformer

/// The closed form of one block shape with all sizes substituted, except for what depends on the order of the step.
///
/// Making one prices every class of work once; writing an estimate then only evaluates lines. Not copyable, because it
/// is large and would otherwise be copied for every estimate.
struct StepForm: ~Copyable, Sendable {
  private let caveat: Caveat?
  private let limit: Int
  private let rematerialization: Rematerialization
  private let arguments: Arguments
  private let code: ProgramSize
  /// Seconds without blocks, and a block.
  private let seconds: SIMD2<Double>
  private let recomputation: RecomputationPrices
  private let clock: Double
  private let allReduce: AllReduce
  private let flops: SIMD2<Double>
  private let packing: Packing
  private let band: UncertainBand
  private let hasNarrowMLP: Bool
  private let hasOddHeads: Bool
  private let scansLayers: Bool
  /// Whether the order of the step has no closed form.
  private let isOrderOpen: Bool

  init(
    _ model: borrowing StepModel, _ configuration: borrowing Configuration, sizes: AxisSizes, device: borrowing Device,
    tpu: borrowing TPUFigures, bytes: BufferBytes
  ) {
    rematerialization = configuration.rematerialization
    caveat = Self.caveat(model, configuration, sizes, tpu)
    limit = configuration.memoryLimit?.count ?? device.usableMemory.count
    // The cores of a megacore chip share a program's work.
    clock = device.clock * Double(tpu.programCores)
    band = tpu.uncertainBand
    hasNarrowMLP = configuration.shape.hasNarrowMLP
    hasOddHeads = configuration.shape.hasOddHeads
    scansLayers = configuration.layers == .scanned
    isOrderOpen = ScheduledSeries.covers(model.structure, sizes)
    code = ProgramSize(model.structure, model.tensors, tpu.constants.instructions.pointee)
    allReduce = AllReduce(tpu, cores: configuration.dataParallel)
    packing = Packing(
      sizes, query: bytes.of(model.plan.query),
      recomputed: bytes.of(model.plan.hidden) &+ bytes.of(model.plan.logits), tpu)
    arguments = Arguments(bytes)
    let timing = StepTiming(
      model.structure, sizes, writesLogitsGradient: model.regime.writesLogitsGradient, device: device, tpu: tpu)
    recomputation = RecomputationPrices(
      timing, hidden: bytes.of(model.plan.hidden), logits: bytes.of(model.plan.logits),
      query: bytes.of(model.plan.query))
    seconds = Self.seconds(model, timing, clock: clock)
    flops = Self.flops(model, bytes, images: configuration.batch)
  }

  /// The arguments of a step.
  private struct Arguments: Sendable {
    /// With padding.
    let parameters: LinearBytes
    let optimizerState: LinearBytes
    let inputs: LinearBytes
    /// Padding of all arguments.
    let padding: LinearBytes
    /// Parameters without padding.
    let unpaddedParameters: LinearBytes

    init(_ bytes: BufferBytes) {
      parameters = bytes[.parameters]
      optimizerState = bytes[.optimizerState]
      inputs = bytes[.inputs]
      unpaddedParameters = bytes[.unpaddedParameters]
      padding = parameters + optimizerState + inputs - unpaddedParameters - bytes[.unpaddedRest]
    }
  }

  private static func caveat(
    _ model: borrowing StepModel, _ configuration: borrowing Configuration, _ sizes: AxisSizes,
    _ tpu: borrowing TPUFigures
  ) -> Caveat? {
    XLARegime.isOpen(model.structure, sizes, tpu) ? .longSequences : nil
  }

  private static func seconds(
    _ model: borrowing StepModel, _ timing: StepTiming, clock: Double
  ) -> SIMD2<Double> {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: CostClass.all.count) { cycles in
      timing.write(cycles)
      return model.plan.costs.reduce(.zero) { $0 + cycles[$1.place] * $1.count } / clock
    }
  }

  // Forward work of one image.
  private static func flops(
    _ model: borrowing StepModel, _ bytes: BufferBytes, images: Int
  ) -> SIMD2<Double> {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: model.plan.elementsOfWork.count) { elements in
      for axis in 0..<Axis.allCases.count { elements[axis] = Double(bytes.table[axis]) }
      model.plan.elementsOfWork.evaluate(elements.baseAddress.unsafelyUnwrapped) { $0 * $1 }
      return model.plan.flops.reduce(.zero) { $0 + elements[$1.place] * $1.count } / Double(images)
    }
  }
}

extension StepForm {
  /// Writes the estimate of a scheduled step of `depth` blocks in place.
  func write(_ estimate: inout Estimate, depth: Int, _ order: borrowing LiveOrder, _ scheduled: ScheduledSeries) {
    let peak = scheduled.peak(depth)
    let found = LivePeak(
      top: (0, peak.live), end: ReductionPeak(total: 0), headIsApplied: false,
      gradientBytes: order.tail.gradients(depth))
    write(
      &estimate, depth: depth, order, found, isContested: false, ScheduledCandidate(peak: peak))
  }

  /// Writes the estimate at `depth` blocks in place.
  ///
  /// - Parameters:
  ///   - found: The peak of `order`, which is one of `candidates` or the end.
  ///   - isContested: Whether another order needs nearly the same memory.
  @inline(__always)
  func write(
    _ estimate: inout Estimate, depth: Int, _ order: borrowing LiveOrder, _ found: LivePeak, isContested: Bool,
    _ candidates: some PeakCandidates
  ) {
    let gradientBytes = found.gradientBytes, headIsApplied = found.headIsApplied, top = found.top
    var end = found.end
    var waiting = 0
    if let results = order.results?.end(depth), results.total > max(top.live, end.total) {
      end = ReductionPeak(total: results.total, gradients: results.gradients)
      waiting = results.total &- results.gradients
    }
    let live = max(top.live, end.total)
    let best = end.total > top.live ? nil : candidates.candidate(top.index)
    let parameters = arguments.parameters(depth), state = arguments.optimizerState(depth)
    let inputs = arguments.inputs.constant
    let held = parameters &+ state
    let peak = held &+ live
    let codeBytes = code.bytes(depth)
    let startsAt = Estimate.rematerializationLimit(limit: limit, inputs: inputs, code: codeBytes)

    // Gradients alive at the peak; none of them is ever recomputed.
    let peakGradients = best.map { $0.gradients(depth) &- (headIsApplied ? $0.applied : 0) } ?? end.gradients
    var after = peak
    let rule = FitRule(
      limit: limit, startsAt: startsAt, inputs: inputs, band: band,
      step: UncertainBand.Traits(
        isScheduled: candidates.includesReductions, hasNarrowMLP: hasNarrowMLP, hasOddHeads: hasOddHeads,
        scansLayers: scansLayers, isContested: isContested),
      packing: packing)
    let verdict: Verdict
    var recomputed: RematerializationEstimate?
    if rematerialization != .none {
      var floor = 0
      var floorIsGradients = false, floorIsResults = false
      if peak > startsAt {
        floor = candidates.floor(depth, room: limit &- inputs &- held)
        if !candidates.includesReductions { floor = max(0, floor &+ order.leftovers(depth)) }
        if !candidates.includesReductions, let gradients = order.tail.total(depth, unlessBelow: floor),
          gradients >= floor
        {
          floor = gradients
          floorIsGradients = true
        }
        if let results = order.results?.floor(depth), results > floor {
          floor = results
          floorIsResults = true
        }
        if peakGradients > floor {
          floor = peakGradients
          floorIsGradients = true
        }
        after = max(startsAt, min(held &+ floor, peak))
        recomputed = RematerializationEstimate(
          startsAt: max(0, startsAt), floor: held &+ floor, floorIsGradients: floorIsGradients,
          floorIsResults: floorIsResults, recomputedBytes: peak &- after,
          seconds: recomputation.cycles(freeing: peak &- after, depth: depth) / clock)
      }
      verdict = rule.verdict(peak: peak, floor: held &+ floor, floorIsGradients: floorIsGradients)
    } else {
      verdict = rule.verdict(peak: peak &+ inputs)
    }
    // The allocation writes the hidden layer's gradient over the hidden layer, and results of an all-reduce over its
    // operands, while the live peak counts both. Without rematerialization the live peak itself is compared with the
    // memory. Where rematerialization reaches its limit, compiled steps have from none to all of it shared: half is the
    // middle. Where the floor is above that limit, none.
    let reached = after == startsAt ? recomputed : nil
    var shared = 0
    if rematerialization != .none, recomputed == nil || reached != nil,
      best.map({ $0.inPlace > 0 }) ?? (end.allocated < end.total)
    {
      let reduced =
        candidates.includesReductions
        ? ReductionPeak(total: 0) : best.map { order.tail.most(depth, atLeast: live &- $0.inPlace) } ?? end
      shared = max(0, live &- max(reduced.allocated, candidates.unshared(depth)))
      if reached != nil { shared = max(0, min(shared / 2, best == nil ? shared : after &- held &- peakGradients)) }
    }
    let allocated = live &- shared
    let instant = best?.instant ?? (end.isFirst ? .firstAllReduce : .endOfBackward)
    let packed = packing.bytes(instant, isRematerialized: recomputed != nil, limit: limit)
    // What is freed in excess is of what can be recomputed.
    let excess = reached.map { max(0, min(packing.freedInExcess, after &- shared &- $0.floor)) } ?? 0
    let resident = min(packing.resident, after &- shared &- excess &- held)
    let total = after &- shared &- excess &- resident &+ inputs &+ packed
    let reduce = allReduce.seconds(Double(gradientBytes))
    let open = isOrderOpen && !candidates.includesReductions ? Caveat.manyRecomputedBlocks : nil
    let shown = rule.shown(verdict, total: total, rematerializes: rematerialization != .none, caveat: caveat ?? open)
    let freed = peak &- after
    var gradients = peakGradients
    if best == nil, shared > 0 {
      gradients = recomputed == nil ? min(end.allocatedGradients, allocated) : peakGradients &- shared
    }
    let activations = best?.activations(depth) ?? allocated &- gradients &- waiting
    var kept = max(0, activations &- freed)
    var workspace = allocated &- freed &- gradients &- kept
    // Results that are recomputed are mostly activations, and no gradients.
    var left = excess
    func takeOff(_ part: inout Int) {
      let taken = min(part, left)
      part &-= taken
      left &-= taken
    }
    takeOff(&kept)
    takeOff(&workspace)
    // What is read and written next is what is kept in vector memory.
    left &+= resident
    takeOff(&workspace)
    takeOff(&kept)
    takeOff(&gradients)
    estimate.verdict = shown.verdict
    estimate.caveat = shown.caveat
    estimate.parameterCount = arguments.unpaddedParameters(depth) / 4
    estimate.total = total
    estimate.limit = limit
    estimate.livePeak = peak
    estimate.parameters = parameters
    estimate.optimizerState = state
    estimate.inputs = inputs
    estimate.activations = kept
    estimate.gradients = gradients
    estimate.workspace = workspace
    estimate.packing = packed
    estimate.inVectorMemory = resident
    estimate.code = codeBytes
    // What is recomputed later or in vector memory is absent, and so is its padding: taken in proportion, because the model
    // does not know which buffers it is.
    let padding = min(best?.padding(depth) ?? 0, allocated), absent = freed &+ excess &+ resident
    estimate.paddingWaste =
      arguments.padding(depth)
      &+ (absent == 0 ? padding : Int(Double(padding) * Double(allocated &- absent) / Double(max(1, allocated))))
    estimate.peak = instant
    estimate.isContested = isContested
    estimate.isScheduled = candidates.includesReductions
    estimate.rematerialized = recomputed
    estimate.flopsPerImage = flops[0] + flops[1] * Double(depth)
    estimate.stepSeconds = seconds[0] + seconds[1] * Double(depth) + (recomputed?.seconds ?? 0) + reduce
    estimate.allReduceSeconds = reduce
  }
}
