import TrainingStep
import VisionTransformer

/// From the live peak to the bytes that the compiler's allocation uses.
///
/// Two effects: some results are written over their operands, which the live peak does not know: the gradient of the MLP's hidden
/// layer over the hidden layer itself, gradients' sums over gradients (`ReductionPeak`). And the heap packer leaves gaps, which the
/// compiler counts twice; they are given in units of one block's query tensor.
/// Source: the 33 full compiles of libtpu 0.0.17.1 in `Validation/evidence` that are labelled `tuned` and rematerialize nothing by
/// themselves. Each factor is the weighted median that makes the sum of their relative errors least; eight of the 33 have tokens
/// in multiples of 128. No `shared` or `held-out` row took part.
struct Packing: Sendable {
  /// Gaps, counted twice, in units of one query tensor.
  static let gapsAligned = 3.7
  static let gapsUnaligned = 2.1
  /// Gaps after rematerialization, as a share of the memory: seen from 0.3 to 2.6 %.
  static let gapsRematerialized = 0.01
  static let mostGapsRematerialized = 0.025

  private let gaps: Int

  /// - Parameter query: Bytes of one block's query tensor.
  init(_ sizes: AxisSizes, query: Int) {
    gaps = Int((sizes[.tokens] % 128 == 0 ? Self.gapsAligned : Self.gapsUnaligned) * Double(query))
  }

  /// Bytes that the packer adds.
  ///
  /// - Parameter limit: The memory.
  func bytes(isRematerialized: Bool, limit: Int) -> Int {
    isRematerialized ? Int(Self.gapsRematerialized * Double(limit)) : gaps
  }
}

/// The answer to "does it fit", with what is not known of the live peak and of the floor that rematerialization can reach.
///
/// Where rematerialization reaches its limit, the allocation succeeded in every compile: the limit leaves 5 % of the memory for
/// the packer.
struct FitRule: Sendable {
  var limit: Int
  var startsAt: Int
  var inputs: Int
  var band: UncertainBand
  var isContested: Bool
  var hasNarrowMLP: Bool
  var hasOddHeads: Bool
  /// Whether blocks are recomputed in depth first order (`Estimate.recomputesDepthFirst`).
  var recomputesDepthFirst: Bool

  /// The verdict where nothing is rematerialized.
  ///
  /// - Parameter peak: Live peak, inputs included.
  func verdict(peak: Int) -> Verdict {
    let range = hasNarrowMLP ? band.narrowMLP : isContested ? band.contested : band.livePeak
    if Double(peak) * range.upperBound <= Double(limit) { return .fits }
    return Double(peak) * range.lowerBound > Double(limit) ? .doesNotFit : .uncertain
  }

  /// The verdict with automatic rematerialization.
  ///
  /// - Parameters:
  ///   - peak: Live peak before rematerialization.
  ///   - floor: The least it can come down to.
  ///   - floorIsGradients: Whether gradients, which the model knows better, make the floor.
  func verdict(peak: Int, floor: Int, floorIsGradients: Bool) -> Verdict {
    let peaks = recomputesDepthFirst ? band.recomputedBlocks : 1...1
    let least = Int(Double(peak) * peaks.lowerBound), most = Int(Double(peak) * peaks.upperBound)
    if most <= startsAt { return most &+ inputs <= limit ? .fits : .doesNotFit }
    let range =
      recomputesDepthFirst
      ? band.recomputedBlocks
      : hasNarrowMLP
        ? band.narrowMLP
        : hasOddHeads
          ? band.oddHeadFloor
          : band.floor(floorIsGradients: floorIsGradients, isDeep: peak / 2 > limit, isContested: isContested)
    let low = Int(Double(floor) * range.lowerBound)
    // What could be recomputed beside the blocks themselves is not counted on.
    let high = recomputesDepthFirst ? most : Int(Double(floor) * range.upperBound)
    let best = max(startsAt, min(low, least)) &+ inputs
    let reached = max(startsAt, min(high, most))
    let gaps = reached > startsAt ? Int(Packing.mostGapsRematerialized * Double(limit)) : 0
    if reached &+ inputs &+ gaps <= limit { return .fits }
    return best > limit ? .doesNotFit : .uncertain
  }
}
