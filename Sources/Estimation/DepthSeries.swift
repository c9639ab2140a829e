import TrainingStep
import VisionTransformer

/// Estimates of one block shape at any depth: the closed form with every size put in.
///
/// Making one lays out every buffer and prices every class of work once; `estimate(depth:)` then only evaluates lines. A class,
/// because it is large: of a struct all would be loaded for every estimate, needed or not.
public final class DepthSeries: Sendable {
  private let caveat: Caveat?
  private let limit: Int
  private let rematerialization: Rematerialization
  private let arguments: Arguments
  private let code: ProgramSize
  /// Without blocks, and a block.
  private let seconds: SIMD2<Double>
  private let recomputation: RecomputationPrices
  private let clock: Double
  private let allReduce: AllReduce
  private let flops: SIMD2<Double>
  private let packing: Packing
  private let band: UncertainBand
  private let hasNarrowMLP: Bool
  private let hasOddHeads: Bool

  /// The order that the compiler takes at most depths, and the other one where either may need less.
  let order: LiveOrder
  let alternative: LiveOrder?

  /// The series of a model for the sizes of `configuration`, whose depth is ignored.
  ///
  /// - Parameter alternative: The model of the other order that the compiler may take.
  convenience init(
    _ model: borrowing StepModel, alternative: StepModel?, _ configuration: borrowing Configuration, sizes: AxisSizes,
    device: borrowing Device
  ) {
    let bytes = BufferBytes(model, sizes)
    defer { bytes.deallocate() }
    let sums = CandidateSums(model, bytes)
    self.init(
      model, configuration, sizes: sizes, device: device, bytes: bytes,
      order: LiveOrder(model, bytes, sizes, candidates: sums.candidates(), floors: sums.floors()),
      alternative: alternative.map { LiveOrder($0, sizes) })
  }

  private init(
    _ model: borrowing StepModel, _ configuration: borrowing Configuration, sizes: AxisSizes, device: borrowing Device,
    bytes: BufferBytes, order: LiveOrder, alternative: LiveOrder? = nil
  ) {
    self.order = order
    self.alternative = alternative
    rematerialization = configuration.rematerialization
    caveat = Self.caveat(model, configuration)
    limit = configuration.memoryLimit?.count ?? device.usableMemory.count
    clock = device.clock
    band = device.uncertainBand
    hasNarrowMLP = configuration.shape.hasNarrowMLP
    hasOddHeads = configuration.shape.hasOddHeads
    code = model.code
    allReduce = AllReduce(device: device, cores: configuration.dataParallel)
    packing = Packing(sizes, query: bytes.of(model.plan.query))
    arguments = Arguments(model, bytes)
    let timing = StepTiming(model.structure, sizes, device: device)
    recomputation = RecomputationPrices(
      timing, hidden: bytes.of(model.plan.hidden), logits: bytes.of(model.plan.logits),
      query: bytes.of(model.plan.query))
    seconds = Self.seconds(model, timing, clock: device.clock)
    flops = Self.flops(model, bytes, images: configuration.batch)
  }

  /// What a step is called with.
  private struct Arguments: Sendable {
    /// With padding.
    var parameters = LinearBytes()
    var optimizerState = LinearBytes()
    var inputs = LinearBytes()
    /// Of all arguments.
    var padding = LinearBytes()
    /// Parameters without padding.
    var unpaddedParameters = LinearBytes()

    init(_ model: borrowing StepModel, _ bytes: BufferBytes) {
      var unpadded = LinearBytes()
      func sum(_ arguments: Table<StepPlan.ArgumentPlan>) -> LinearBytes {
        var sum = LinearBytes()
        for argument in arguments {
          sum.add(bytes[argument.buffer], argument.constant, argument.perBlock)
          unpadded.add(bytes.unpadded(argument.buffer), argument.constant, argument.perBlock)
        }
        return sum
      }
      parameters = sum(model.plan.parameters)
      unpaddedParameters = unpadded
      optimizerState = sum(model.plan.optimizerState)
      inputs = sum(model.plan.inputs)
      padding = parameters + optimizerState + inputs - unpadded
    }
  }

  private static func caveat(_ model: borrowing StepModel, _ configuration: borrowing Configuration) -> Caveat? {
    if configuration.layers == .scanned { return .scannedLayers }
    let hasModelledOrder = model.regime.eager && model.structure.optimizer != .sgd
    return model.structure.recomputesBlocks && !hasModelledOrder ? .recomputedBlocks : nil
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
    let share = 1 / Double(images)
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: model.plan.flops.count) { values in
      let axes = Axis.allCases.count
      for axis in 0..<axes { values[axis] = Double(bytes.table[axis]) }
      let each = model.plan.flopsPerElement
      for index in each.indices { values[axes &+ index] = each[index] * share }
      model.plan.flops.evaluate(values.baseAddress.unsafelyUnwrapped) { $0 * $1 }
      return model.plan.works.reduce(.zero) { $0 + values[$1.place] * $1.count }
    }
  }
}

extension DepthSeries {
  /// The order in which the compiler runs a step of `depth` blocks: the one that needs less memory.
  func order(depth: Int) -> LiveOrder {
    guard let alternative else { return order }
    guard let first = order.livePeak(depth), let second = alternative.livePeak(depth) else { return order }
    return alternative.isTaken(first.live, second.live, depth: depth) ? alternative : order
  }

  // A third order, depth first, is not modelled: it mixes both, and applies updates as it goes. The compiler was seen to take it
  // where post order needs the least, or within 15 % of the list. It needed up to a seventh less than either.
  // Source: `Min-memory dfs sequence` in logs of libtpu 0.0.17.1; `Validation/evidence/tpu-v3-frontier.ndjson`, half-precision
  // Adam at width 2560.
  @inline(__always)
  private static func isContested(_ first: Int, _ second: Int, _ alternative: LiveOrder) -> Bool {
    alternative.mayBeMixed && second &* 100 <= first &* 115
  }

  /// The estimate at `depth` blocks.
  public func estimate(depth: Int) -> Estimate {
    var estimate = Estimate.blank
    write(&estimate, depth: depth)
    return estimate
  }

  /// Writes the estimate at `depth` blocks where it stays: over a grid, copies of estimates take longer than their sums.
  public func write(_ estimate: inout Estimate, depth: Int) {
    if let alternative { return write(&estimate, depth: depth, alternative) }
    guard let peak = order.livePeak(depth) else { return }
    write(&estimate, depth: depth, order, peak, order.mayBeMixed)
  }

  @inline(never)
  private func write(_ estimate: inout Estimate, depth: Int, _ alternative: LiveOrder) {
    guard let first = order.livePeak(depth), let second = alternative.livePeak(depth) else { return }
    let isContested = Self.isContested(first.live, second.live, alternative)
    alternative.isTaken(first.live, second.live, depth: depth)
      ? write(&estimate, depth: depth, alternative, second, isContested)
      : write(&estimate, depth: depth, order, first, isContested)
  }

  @inline(__always)
  private func write(
    _ estimate: inout Estimate, depth: Int, _ order: LiveOrder, _ peak: LivePeak, _ isContested: Bool
  ) {
    order.candidates.withUnsafeBufferPointer { candidates in
      order.floors.withUnsafeBufferPointer { floors in
        write(
          &estimate, depth: depth, order, peak, isContested,
          DominantCandidates(candidates: candidates, floors: floors))
      }
    }
  }

  /// Writes the estimate of one configuration alone: of its candidates only the peak at its own depth is found.
  static func write(
    _ estimate: inout Estimate, _ model: borrowing StepModel, alternative: StepModel?,
    _ configuration: borrowing Configuration, sizes: AxisSizes, device: borrowing Device
  ) {
    let depth = configuration.shape.depth
    let bytes = BufferBytes(model, sizes)
    defer { bytes.deallocate() }
    let sums = CandidateSums(model, bytes)
    let order = LiveOrder(model, bytes, sizes, candidates: [], floors: [])
    let form = DepthSeries(model, configuration, sizes: sizes, device: device, bytes: bytes, order: order)
    let isWritten =
      if let alternative {
        form.write(&estimate, depth: depth, order, sums, alternative, sizes)
      } else {
        form.write(&estimate, depth: depth, order, sums)
      }
    if !isWritten {
      DepthSeries(model, alternative: alternative, configuration, sizes: sizes, device: device)
        .write(&estimate, depth: depth)
    }
  }

  @inline(never)
  private func write(
    _ estimate: inout Estimate, depth: Int, _ order: LiveOrder, _ sums: CandidateSums, _ model: StepModel,
    _ sizes: AxisSizes
  ) -> Bool {
    let otherBytes = BufferBytes(model, sizes)
    defer { otherBytes.deallocate() }
    let otherSums = CandidateSums(model, otherBytes)
    let other = LiveOrder(model, otherBytes, sizes, candidates: [], floors: [])
    guard let first = order.livePeak(depth, sums), let second = other.livePeak(depth, otherSums) else { return false }
    let isContested = Self.isContested(first.live, second.live, other)
    other.isTaken(first.live, second.live, depth: depth)
      ? write(&estimate, depth: depth, other, second, isContested, otherSums)
      : write(&estimate, depth: depth, order, first, isContested, sums)
    return true
  }

  // Returns whether the candidates of this depth alone could tell the peak.
  private func write(
    _ estimate: inout Estimate, depth: Int, _ order: LiveOrder, _ sums: CandidateSums
  ) -> Bool {
    guard let peak = order.livePeak(depth, sums) else { return false }
    write(&estimate, depth: depth, order, peak, order.mayBeMixed, sums)
    return true
  }

  @inline(__always)
  private func write(
    _ estimate: inout Estimate, depth: Int, _ order: LiveOrder, _ found: LivePeak, _ isContested: Bool,
    _ candidates: some PeakCandidates
  ) {
    let tail = order.tail
    let gradientBytes = found.gradientBytes, headIsApplied = found.headIsApplied, top = found.top
    var end = found.end
    var waiting = 0
    if let results = order.results?.end(depth), results.total > max(top.live, end.total) {
      end = (results.total, results.gradients, false)
      waiting = results.total &- results.gradients
    }
    let live = max(top.live, end.total)
    let best = end.total > top.live ? nil : candidates.candidate(top.index)
    let parameters = arguments.parameters(depth), state = arguments.optimizerState(depth)
    let inputs = arguments.inputs.constant
    let held = parameters &+ state
    let peak = held &+ live
    let codeBytes = code.bytes(depth)
    // Source: the limit in the compiler's own log, to 0.2 % (FACTS section 3).
    let startsAt = Int(0.95 * Double(limit)) &- inputs &- codeBytes

    var after = peak
    let rule = FitRule(
      limit: limit, startsAt: startsAt, inputs: inputs, band: band, isContested: isContested,
      hasNarrowMLP: hasNarrowMLP, hasOddHeads: hasOddHeads)
    let verdict: Verdict
    var recomputed: RematerializationEstimate?
    if rematerialization != .none {
      var floor = 0
      var floorIsGradients = false, floorIsResults = false
      if peak > startsAt {
        floor = max(0, candidates.floor(depth) &+ order.leftovers(depth))
        if let gradients = tail.total(depth, unlessBelow: floor), gradients >= floor {
          floor = gradients
          floorIsGradients = true
        }
        if let results = order.results?.floor(depth), results > floor {
          floor = results
          floorIsResults = true
        }
        after = max(startsAt, min(held &+ floor, peak))
        recomputed = RematerializationEstimate(
          startsAt: startsAt, floor: held &+ floor, floorIsGradients: floorIsGradients,
          floorIsResults: floorIsResults, recomputedBytes: peak &- after,
          seconds: recomputation.cycles(freeing: peak &- after, depth: depth) / clock)
      }
      verdict = rule.verdict(peak: peak, floor: held &+ floor, floorIsGradients: floorIsGradients)
    } else {
      verdict = rule.verdict(peak: peak &+ inputs)
    }
    var unshared = live
    if recomputed == nil, let best, best.inPlace > 0 {
      unshared = max(tail.most(depth, atLeast: live &- best.inPlace).total, candidates.unshared(depth))
    }
    // The allocation writes the hidden layer's gradient over the hidden layer, which the live peak does not know.
    let shared = max(0, live &- unshared)
    let packed = packing.bytes(isRematerialized: recomputed != nil, limit: limit)
    let total = after &- shared &+ inputs &+ packed
    let reduce = allReduce.seconds(Double(gradientBytes))
    let reason: Caveat? = verdict == .uncertain ? .withinModelError : nil
    let gradients = best.map { $0.gradients(depth) &- (headIsApplied ? $0.applied : 0) } ?? end.gradients
    let activations = best?.activations(depth) ?? end.total &- end.gradients &- waiting
    let kept = max(0, activations &- (peak &- after))
    estimate.verdict = caveat == nil ? verdict : .uncertain
    estimate.caveat = caveat ?? reason
    estimate.parameterCount = arguments.unpaddedParameters(depth) / 4
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
    estimate.paddingWaste = arguments.padding(depth) &+ (best?.padding(depth) ?? 0)
    estimate.peak = best?.instant ?? (end.isFirst ? .firstAllReduce : .endOfBackward)
    estimate.isContested = isContested
    estimate.rematerialized = recomputed
    estimate.flopsPerImage = flops[0] + flops[1] * Double(depth)
    estimate.stepSeconds = seconds[0] + seconds[1] * Double(depth) + (recomputed?.seconds ?? 0) + reduce
    estimate.allReduceSeconds = reduce
  }
}
