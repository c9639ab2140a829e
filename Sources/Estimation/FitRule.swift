import VisionTransformer

extension UncertainBand {
  /// The properties of a step that decide how accurate the model is for it.
  struct Traits: Sendable {
    /// Whether the step was scheduled as the compiler does it (`Estimate.isScheduled`).
    var isScheduled: Bool
    var hasNarrowMLP: Bool
    var hasOddHeads: Bool
    var scansLayers: Bool
    /// Whether another order of the step needs nearly the same memory (`Estimate.isContested`).
    var isContested: Bool
  }

  /// The quantity that a verdict compares with the memory.
  enum Quantity: Sendable {
    /// The live peak.
    case livePeak
    /// The lowest peak that rematerialization can reach; `isDeep` as in `isDeep(_:limit:)`.
    case floor(isGradients: Bool, isDeep: Bool)
  }

  /// The range that applies. One rule, both for giving verdicts and for computing ranges from evidence.
  @inline(__always)
  static func regime(of quantity: Quantity, _ step: Traits) -> Regime {
    if step.scansLayers { return .scannedLayers }
    if step.isScheduled { return .recomputedBlocks }
    if step.hasNarrowMLP { return .narrowMLP }
    switch quantity {
    case .livePeak: return step.isContested ? .contested : .livePeak
    case .floor(let isGradients, let isDeep):
      if step.hasOddHeads { return .oddHeadFloor }
      if isGradients { return step.isContested ? .contested : .gradientFloor }
      return isDeep ? .deepFloor : .activationFloor
    }
  }

  /// Whether a live peak is more than twice the memory: so far above its target, the compiler's greedy pass ends above
  /// its own best.
  @inline(__always)
  static func isDeep(_ livePeak: Int, limit: Int) -> Bool { livePeak / 2 > limit }
}

/// The answer to "does it fit", given the uncertainty of the live peak and of the floor that rematerialization can
/// reach.
///
/// In every compile in which rematerialization reached its limit, the allocation succeeded: the limit leaves 5 % of the
/// memory for the packer.
struct FitRule: Sendable {
  var limit: Int
  var startsAt: Int
  var inputs: Int
  var band: UncertainBand
  var step: UncertainBand.Traits
  var packing: Packing

  /// The verdict without rematerialization.
  ///
  /// - Parameter peak: Live peak, inputs included.
  @inline(__always)
  func verdict(peak: Int) -> Verdict {
    let range = band[UncertainBand.regime(of: .livePeak, step)]
    if Double(peak) * range.upperBound <= Double(limit) { return .fits }
    return Double(peak) * range.lowerBound > Double(limit) ? .doesNotFit : .uncertain
  }

  /// The verdict with automatic rematerialization.
  ///
  /// - Parameters:
  ///   - peak: Live peak before rematerialization.
  ///   - floor: The lowest peak that it can reach.
  ///   - floorIsGradients: Whether gradients, which the model knows better, determine the floor.
  @inline(__always)
  func verdict(peak: Int, floor: Int, floorIsGradients: Bool) -> Verdict {
    // Otherwise a live peak below the limit is certain enough, because the limit leaves a margin.
    let peaks = step.isScheduled ? band[UncertainBand.regime(of: .livePeak, step)] : 1...1
    let least = Int(Double(peak) * peaks.lowerBound), most = Int(Double(peak) * peaks.upperBound)
    if most <= startsAt { return most &+ inputs <= limit ? .fits : .doesNotFit }
    let isDeep = UncertainBand.isDeep(peak, limit: limit)
    let range = band[UncertainBand.regime(of: .floor(isGradients: floorIsGradients, isDeep: isDeep), step)]
    let low = Int(Double(floor) * range.lowerBound)
    // Anything that could be recomputed besides the blocks themselves is not relied on.
    let high = step.isScheduled ? most : Int(Double(floor) * range.upperBound)
    let best = max(startsAt, min(low, least)) &+ inputs
    let reached = max(startsAt, min(high, most))
    let gaps = reached > startsAt ? packing.mostGaps(limit: limit) : 0
    if reached &+ inputs &+ gaps <= limit { return .fits }
    return best > limit ? .doesNotFit : .uncertain
  }

  /// The verdict to show, and why it is uncertain.
  ///
  /// - Parameters:
  ///   - verdict: The verdict from live peak and floor.
  ///   - total: The bytes shown beside it.
  ///   - rematerializes: Whether the compiler may recompute by itself.
  ///   - caveat: Why the model makes no claim about this step.
  @inline(__always)
  func shown(
    _ verdict: Verdict, total: Int, rematerializes: Bool, caveat: Caveat?
  ) -> (verdict: Verdict, caveat: Caveat?) {
    if let caveat { return (.uncertain, caveat) }
    // The band concerns the live peak and the floor; the total may contradict it.
    let isContradicted = verdict != .uncertain && (total <= limit) != (verdict == .fits)
    // If inputs and code leave nothing, no evidence shows what the compiler does.
    let isBeyondModel = rematerializes && startsAt <= 0 && verdict == .fits
    let shown = isContradicted || isBeyondModel ? .uncertain : verdict
    return (shown, shown == .uncertain ? .withinModelError : nil)
  }
}
