import VisionTransformer

/// An estimate held against what the real compiler said of the same configuration.
public struct Comparison: Sendable {
  /// A quantity that an estimate and an observation both have.
  public enum Quantity: String, Sendable, Hashable, CaseIterable {
    /// Parameters, optimizer state and live temporaries before automatic rematerialization. The compiler's figure leaves
    /// images and labels out, and `Estimate.livePeak` is defined alike.
    case livePeak = "live peak"
    /// Parameters, optimizer state, images and labels, with tile padding.
    case arguments
    /// Bytes that the compiler says it uses, where nothing was rematerialized. It counts the packer's gaps twice, and
    /// `Estimate.packing` follows it.
    case total
    /// The same where the compiler did rematerialize.
    case rematerializedTotal = "total, rematerialized"
    /// The live peak at which rematerialization starts.
    case rematerializationLimit = "rematerialization limit"
    /// The live peak that rematerialization left.
    case reducedPeak = "live peak, rematerialized"
    /// Cycles of a step without its all-reduce, which the compiler counts as nothing, where nothing was rematerialized.
    case cycles
    /// The same where the compiler did rematerialize.
    case rematerializedCycles = "cycles, rematerialized"
  }

  /// A quantity on both sides.
  public struct Pair: Sendable, Hashable {
    /// By the model.
    public var estimated: Double
    /// By the compiler; positive.
    public var observed: Double

    /// What the model is off by, relative to the observation: 0.01 is one per cent too much.
    public var error: Double { estimated / observed - 1 }
  }

  /// How a verdict came out.
  public enum Outcome: String, Sendable, Hashable, CaseIterable {
    /// The compiler says the same.
    case right
    /// The compiler says the opposite.
    case wrong
    /// The model leaves it open.
    case uncertain
  }

  /// What the compiler said.
  public let evidence: ObservedEvidence
  /// What the model says.
  public let estimate: Estimate
  /// Hz, which turn the model's seconds into cycles.
  private let clock: Double

  /// An estimate for `device` beside the evidence for its configuration.
  public init(_ estimate: Estimate, _ evidence: ObservedEvidence, device: Device) {
    self.estimate = estimate
    self.evidence = evidence
    clock = device.clock
  }

  /// What `estimator` says of the configuration that the evidence is of.
  public init(_ evidence: ObservedEvidence, by estimator: Estimator) {
    self.init(estimator.estimate(evidence.configuration), evidence, device: estimator.device)
  }

  /// A quantity on both sides; nil where it was not observed, or where the model makes no claim: of scanned layers it knows
  /// that it does not know.
  public subscript(quantity: Quantity) -> Pair? {
    guard estimate.caveat != .scannedLayers else { return nil }
    let seen = evidence.observation
    let isRematerialized = seen.wasRematerialized ?? (seen.peakAfter ?? .zero < seen.livePeak ?? .zero)
    func pair(_ estimated: Int?, _ observed: Int?) -> Pair? {
      guard let estimated, let observed, observed > 0 else { return nil }
      return Pair(estimated: Double(estimated), observed: Double(observed))
    }
    switch quantity {
    case .livePeak: return pair(estimate.livePeak, seen.livePeak?.count)
    case .arguments: return pair(estimate.arguments, seen.arguments?.count)
    case .total: return isRematerialized ? nil : pair(estimate.total, seen.total?.count)
    case .rematerializedTotal: return isRematerialized ? pair(estimate.total, seen.total?.count) : nil
    case .rematerializationLimit:
      return pair(estimate.rematerialized?.startsAt, seen.rematerializationLimit?.count)
    case .reducedPeak:
      // The log's compiler recomputes whether or not it was asked to.
      guard evidence.configuration.rematerialization != .none else { return nil }
      return isRematerialized ? pair(estimate.reducedPeak, seen.peakAfter?.count) : nil
    case .cycles: return isRematerialized ? nil : pair(cycles, seen.cycles)
    case .rematerializedCycles: return isRematerialized ? pair(cycles, seen.cycles) : nil
    }
  }

  /// Estimated cycles of a step without its all-reduce.
  private var cycles: Int { Int(((estimate.stepSeconds - estimate.allReduceSeconds) * clock).rounded()) }

  /// The compiler's verdict, as far as the observation settles it.
  public var observedVerdict: Verdict? { evidence.observation.verdict(limit: Bytes(estimate.limit)) }

  /// How the model's verdict came out; nil where the observation leaves the question open.
  public var outcome: Outcome? {
    guard let observedVerdict else { return nil }
    if estimate.verdict == .uncertain { return .uncertain }
    return estimate.verdict == observedVerdict ? .right : .wrong
  }

  /// How far the observed live peak (the total where there is none) is from the memory there is, relative to it.
  public var distanceFromLimit: Double {
    let seen = evidence.observation
    let bytes = seen.livePeak ?? seen.total ?? .zero
    return (Double(bytes.count) / Double(estimate.limit) - 1).magnitude
  }
}

extension Estimate {
  /// The live peak that automatic rematerialization leaves; `livePeak` where there is none.
  public var reducedPeak: Int { livePeak - (rematerialized?.recomputedBytes ?? 0) }
}
