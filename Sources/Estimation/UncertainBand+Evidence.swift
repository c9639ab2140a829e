import Foundation
import VisionTransformer

extension UncertainBand {
  /// Upper bound on the probability that the next row is outside a range, as far as rows of evidence can tell.
  private static let mostChanceOutside = 0.2

  /// How far a range over `rows` rows is widened at either end, as a share of their span; zero from 9 rows on.
  ///
  /// The next row is outside the span of n rows with probability 2/(n + 1), whatever their distribution. Beyond that,
  /// an assumption about it is needed: if rows are uniform between unknown ends, the gaps between n + 1 of them are
  /// exchangeable, and the last gap is more than k times all others together with probability 1/(1 + k)^(n - 1). So the
  /// next row is outside the widened range with probability 2/((n + 1)(1 + k)^(n - 1)); this is the k that makes it a
  /// fifth.
  ///
  /// Source: H. A. David and H. N. Nagaraja, *Order Statistics* (2003), on the random division of an interval.
  package static func widening(rows: Int) -> Double {
    let chances = 2 / (mostChanceOutside * Double(rows + 1))
    return chances <= 1 ? 0 : pow(chances, 1 / Double(max(rows - 1, 1))) - 1
  }

  /// The ratios of what the compiler reported to what the model says, by regime, on evidence that was looked at.
  ///
  /// Held-out rows take no part, so that they still test the resulting band. Live peaks count within a fifth of the
  /// memory, where they decide verdicts. A floor determined by gradients is a live peak, so that its range includes
  /// those too. A floor is observed where rematerialization ended above its limit; where it reached the limit, the
  /// floor is at most that. Where results of updates determine the floor, the log counts less than the program keeps
  /// and is no evidence of it. Shapes with a narrow MLP have a band of their own from all their live peaks and floors;
  /// so have blocks that are recomputed depth first, from all their live peaks.
  public static func observations(_ comparisons: some Sequence<Comparison>) -> [Regime: [Double]] {
    var seen: [Regime: [Double]] = [:]
    for row in comparisons where row.evidence.label != .heldOut && row.estimate.caveat?.makesNoClaim != true {
      let step = Traits(row)
      if let pair = row[.livePeak] {
        let regime = regime(of: .livePeak, step)
        for regime in regime.takesLivePeak(distance: row.distanceFromLimit) ? regime.servedByLivePeak : [] {
          seen[regime, default: []].append(pair.observed / pair.estimated)
        }
      }
      guard !step.isScheduled, let model = row.estimate.rematerialized,
        !model.floorIsResults, let after = row.evidence.observation.peakAfter?.count,
        let limit = row.evidence.observation.rematerializationLimit?.count,
        let before = row.evidence.observation.livePeak?.count, after < before
      else { continue }
      let ratio = Double(after) / Double(model.floor)
      let isDeep = isDeep(row.estimate.livePeak, limit: row.estimate.limit)
      let regime = regime(of: .floor(isGradients: model.floorIsGradients, isDeep: isDeep), step)
      // The log rounds the limit to a hundredth of a GiB.
      let reached = after <= limit + (1 << 24)
      if !reached || ratio < 1 { seen[regime, default: []].append(ratio) }
    }
    return seen
  }

  /// The band of a device that shares its model with another: that device's, widened to what the compiler reported of this
  /// one, rounded outward to a thousandth.
  ///
  /// - Parameters:
  ///   - other: The band of the device that the model was made for.
  ///   - seen: `observations` on this device.
  public init(sharing other: UncertainBand, _ seen: [Regime: [Double]]) {
    self = other
    for (regime, ratios) in seen {
      guard let first = ratios.min(), let last = ratios.max() else { continue }
      let least = (first * 1000).rounded(.down) / 1000, most = (last * 1000).rounded(.up) / 1000
      self[regime] = min(other[regime].lowerBound, least)...max(other[regime].upperBound, most)
    }
  }

  /// The extremes of `observations` and of the model itself, widened if rows are few and rounded outward to a
  /// thousandth; nil if a regime was never observed.
  public init?(_ comparisons: some Sequence<Comparison>) {
    let seen = Self.observations(comparisons)
    self = .none
    for regime in Regime.allCases {
      guard let ratios = seen[regime], let first = ratios.min(), let last = ratios.max() else { return nil }
      let least = min(first, 1), most = max(last, 1)
      let margin = (most - least) * Self.widening(rows: ratios.count)
      self[regime] = ((least - margin) * 1000).rounded(.down) / 1000...((most + margin) * 1000).rounded(.up) / 1000
    }
  }
}

extension UncertainBand.Traits {
  /// The traits of a row of evidence.
  init(_ row: Comparison) {
    let shape = row.evidence.configuration.shape
    self.init(
      isScheduled: row.estimate.isScheduled, hasNarrowMLP: shape.hasNarrowMLP,
      hasOddHeads: shape.hasOddHeads, scansLayers: row.evidence.configuration.layers == .scanned,
      isContested: row.estimate.isContested)
  }
}

extension UncertainBand.Regime {
  /// Whether a live peak counts at `distance` from the memory, relative to the memory.
  fileprivate func takesLivePeak(distance: Double) -> Bool {
    (self != .livePeak && self != .contested && self != .scannedLayers) || distance <= 0.2
  }

  /// The ranges for which a live peak of this regime is evidence.
  fileprivate var servedByLivePeak: [Self] { self == .livePeak ? [.livePeak, .gradientFloor] : [self] }
}
