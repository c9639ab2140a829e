import VisionTransformer

/// An estimate compared with what the real compiler reported for the same configuration.
public struct Comparison: Sendable {
  /// A quantity that an estimate and an observation both have.
  public typealias Quantity = EvidenceQuantity

  /// A quantity as estimated and as observed.
  public struct Pair: Sendable, Hashable {
    /// The model's value.
    public var estimated: Double
    /// The compiler's value; positive.
    public var observed: Double

    /// The model's error relative to the observation: 0.01 means one per cent too high.
    public var error: Double { estimated / observed - 1 }
  }

  /// How a verdict came out.
  public enum Outcome: String, Sendable, Hashable, CaseIterable {
    /// The compiler says the same.
    case right
    /// The compiler says the opposite.
    case wrong
    /// The model leaves the question open.
    case uncertain
  }

  /// What the compiler reported.
  public let evidence: ObservedEvidence
  /// What the model says.
  public let estimate: Estimate
  /// The device that the estimate is for.
  public let device: Device

  /// Compares an estimate for `device` with the evidence for its configuration.
  public init(_ estimate: Estimate, _ evidence: ObservedEvidence, device: Device) {
    self.estimate = estimate
    self.evidence = evidence
    self.device = device
  }

  /// Compares the evidence with what `estimator` says of its configuration.
  public init(_ evidence: ObservedEvidence, by estimator: Estimator) {
    self.init(estimator.estimate(evidence.configuration), evidence, device: estimator.device)
  }

  /// A quantity on both sides; nil if it was not observed, or if the model makes no claim about it, as for scanned
  /// layers.
  public subscript(quantity: Quantity) -> Pair? {
    let seen = evidence.observation
    let isRematerialized = seen.wasRematerialized ?? (seen.peakAfter ?? .zero < seen.livePeak ?? .zero)
    func pair(_ estimated: Double?, _ observed: Double?) -> Pair? {
      guard let estimated, let observed, observed > 0 else { return nil }
      return Pair(estimated: estimated, observed: observed)
    }
    func pair(_ estimated: Int?, _ observed: Int?) -> Pair? {
      pair(estimated.map(Double.init), observed.map(Double.init))
    }
    switch quantity {
    case .livePeak: return pair(estimate.livePeak, seen.livePeak?.count)
    case .arguments: return pair(estimate.arguments, seen.arguments?.count)
    case .total: return isRematerialized ? nil : pair(estimate.total, seen.total?.count)
    case .rematerializedTotal: return isRematerialized ? pair(estimate.total, seen.total?.count) : nil
    case .temporaries:
      let observed = seen.total.flatMap { total in seen.arguments.map { total - $0 } }
      return isRematerialized ? nil : pair(estimate.total - estimate.arguments, observed?.count)
    case .packing: return isRematerialized ? nil : pair(estimate.packing, seen.packing.map { $0 + $0 }?.count)
    case .rematerializationLimit:
      return pair(estimate.rematerialized?.startsAt, seen.rematerializationLimit?.count)
    case .reducedPeak:
      // The compiler behind the log recomputes whatever was requested.
      guard evidence.configuration.rematerialization != .none else { return nil }
      return isRematerialized ? pair(estimate.reducedPeak, seen.peakAfter?.count) : nil
    case .cycles:
      // Of loops some compiles count one round; the model leaves the traffic of stacks out.
      guard evidence.configuration.layers == .unrolled else { return nil }
      return isRematerialized ? nil : pair(cycles, seen.cycles.map(Double.init))
    case .rematerializedCycles: return isRematerialized ? pair(cycles, seen.cycles.map(Double.init)) : nil
    case .stepTime: return pair(estimate.stepSeconds, seen.stepSeconds?.value)
    }
  }

  /// Estimated cycles of a step without its all-reduce.
  private var cycles: Double { ((estimate.stepSeconds - estimate.allReduceSeconds) * device.clock).rounded() }

  /// The compiler's verdict, as far as the observation settles it.
  public var observedVerdict: Verdict? { evidence.observation.verdict(limit: Bytes(estimate.limit)) }

  /// How the model's verdict came out; nil if the observation leaves the question open.
  public var outcome: Outcome? {
    guard let observedVerdict else { return nil }
    if estimate.verdict == .uncertain { return .uncertain }
    return estimate.verdict == observedVerdict ? .right : .wrong
  }

  /// The largest ratio of the compiler's live peak to the model's that the device's calibration knows for such a step; 1
  /// on a host.
  public var mostAboveEstimate: Double {
    guard case .tpu(let tpu) = device.kind else { return 1 }
    return tpu.uncertainBand[UncertainBand.regime(of: .livePeak, .init(self))].upperBound
  }

  /// Distance of the observed live peak (or of the total, if there is none) from the memory, relative to the memory.
  public var distanceFromLimit: Double {
    let seen = evidence.observation
    let bytes = seen.livePeak ?? seen.total ?? .zero
    return (Double(bytes.count) / Double(estimate.limit) - 1).magnitude
  }
}

extension Estimate {
  /// The live peak after automatic rematerialization; `livePeak` if there is none.
  public var reducedPeak: Int { livePeak - (rematerialized?.recomputedBytes ?? 0) }
}
