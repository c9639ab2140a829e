import VisionTransformer

extension UncertainBand {
  /// Range of a band.
  public typealias Regime = WritableKeyPath<UncertainBand, ClosedRange<Double>>

  /// What the compiler said, over what the model says, in each regime, on evidence that was looked at.
  ///
  /// Held-out rows take no part, so that they still test what comes of the band. Live peaks count within a fifth of the memory,
  /// where they decide verdicts; a floor that gradients make is a live peak, and has those too. A floor is seen where
  /// rematerialization ended above its limit; where it reached the limit, the floor is at most that. Where results of updates make
  /// it, the log counts less than the program keeps, and says nothing of it. Shapes with a narrow MLP have a band of their own, of all
  /// their live peaks and floors; so have blocks that are recomputed depth first, of all their live peaks.
  public static func observations(_ comparisons: some Sequence<Comparison>) -> [Regime: [Double]] {
    var seen: [Regime: [Double]] = [:]
    for row in comparisons where row.evidence.label != .heldOut && row.estimate.caveat?.makesNoClaim != true {
      if row.estimate.recomputesDepthFirst {
        if let pair = row[.livePeak] { seen[\.recomputedBlocks, default: []].append(pair.observed / pair.estimated) }
        continue
      }
      let isNarrow = row.evidence.configuration.shape.hasNarrowMLP
      if isNarrow {
        if let pair = row[.livePeak] { seen[\.narrowMLP, default: []].append(pair.observed / pair.estimated) }
      } else if let pair = row[.livePeak], row.distanceFromLimit <= 0.2 {
        for regime in row.estimate.isContested ? [\Self.contested] : [\.livePeak, \.gradientFloor] {
          seen[regime, default: []].append(pair.observed / pair.estimated)
        }
      }
      guard let model = row.estimate.rematerialized,
        !model.floorIsResults, let after = row.evidence.observation.peakAfter?.count,
        let limit = row.evidence.observation.rematerializationLimit?.count,
        let before = row.evidence.observation.livePeak?.count, after < before
      else { continue }
      let ratio = Double(after) / Double(model.floor)
      let regime: Regime =
        isNarrow
        ? \.narrowMLP
        : row.evidence.configuration.shape.hasOddHeads
          ? \.oddHeadFloor
          : model.floorIsGradients
            ? (row.estimate.isContested ? \.contested : \.gradientFloor)
            : row.estimate.livePeak / 2 > row.estimate.limit ? \.deepFloor : \.activationFloor
      // The log gives the limit to a hundredth of a GiB.
      let reached = after <= limit + (1 << 24)
      if !reached || ratio < 1 { seen[regime, default: []].append(ratio) }
    }
    return seen
  }

  /// The extremes of `observations`, rounded outward to a thousandth; nil where a regime was never seen.
  public init?(_ comparisons: some Sequence<Comparison>) {
    let seen = Self.observations(comparisons)
    self = .none
    for (_, regime) in Self.names {
      guard let ratios = seen[regime], let least = ratios.min(), let most = ratios.max() else { return nil }
      self[keyPath: regime] =
        (min(least, 1) * 1000).rounded(.down) / 1000...(max(most, 1) * 1000).rounded(.up) / 1000
    }
  }
}
