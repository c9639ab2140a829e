import VisionTransformer

/// An estimate compared with what the real compiler reported for the same configuration.
public struct Comparison: Sendable {
  /// A quantity that an estimate and an observation both have.
  public enum Quantity: String, Sendable, Hashable, CaseIterable {
    /// Parameters, optimizer state and live temporaries before automatic rematerialization. The compiler's figure
    /// excludes images and labels, and so does `Estimate.livePeak`.
    case livePeak = "live peak"
    /// Parameters, optimizer state, images and labels, with tile padding.
    case arguments
    /// Bytes that the compiler reports as used, where nothing was rematerialized. It counts the packer's gaps twice, as
    /// `Estimate.packing` does.
    case total
    /// Bytes that the compiler reports as used, where it rematerialized.
    case rematerializedTotal = "total, rematerialized"
    /// The live peak at which rematerialization starts.
    case rematerializationLimit = "rematerialization limit"
    /// The live peak after rematerialization.
    case reducedPeak = "live peak, rematerialized"
    /// Cycles of a step without its all-reduce, for which the compiler counts none, where nothing was rematerialized.
    case cycles
    /// Cycles of a step without its all-reduce, where the compiler rematerialized.
    case rematerializedCycles = "cycles, rematerialized"
  }

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
  /// The clock in Hz, which converts the model's seconds into cycles.
  private let clock: Double

  /// Compares an estimate for `device` with the evidence for its configuration.
  public init(_ estimate: Estimate, _ evidence: ObservedEvidence, device: Device) {
    self.estimate = estimate
    self.evidence = evidence
    clock = device.clock
  }

  /// Compares the evidence with what `estimator` says of its configuration.
  public init(_ evidence: ObservedEvidence, by estimator: Estimator) {
    self.init(estimator.estimate(evidence.configuration), evidence, device: estimator.device)
  }

  /// A quantity on both sides; nil if it was not observed, or if the model makes no claim about it, as for scanned
  /// layers.
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
      // The compiler behind the log recomputes whatever was requested.
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

  /// How the model's verdict came out; nil if the observation leaves the question open.
  public var outcome: Outcome? {
    guard let observedVerdict else { return nil }
    if estimate.verdict == .uncertain { return .uncertain }
    return estimate.verdict == observedVerdict ? .right : .wrong
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
