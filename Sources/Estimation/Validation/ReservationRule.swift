import VisionTransformer

/// A rule that says how much memory a step is given.
public enum ReservationRule: String, Sendable, Hashable, CaseIterable {
  /// The estimated total.
  case estimate
  /// The estimated total, and above it what the model's own error has come to.
  case estimateWithBand = "estimate and band"
  /// What people calculate by hand (`naiveBytes`).
  case naive

  /// The bytes that a step is given.
  ///
  /// The band adds the largest ratio of the compiler's live peak to the model's that the calibration knows.
  public func bytes(_ comparison: Comparison) -> Double {
    switch self {
    case .estimate: Double(comparison.estimate.total)
    case .estimateWithBand: Double(comparison.estimate.total) * comparison.mostAboveEstimate
    case .naive: Self.naiveBytes(comparison.evidence.configuration, parameters: comparison.estimate.parameterCount)
    }
  }

  /// Bytes of a step by the rule of thumb: 16 bytes a parameter (the parameter, its gradient and Adam's two moments in
  /// float32) and, for each block, s b h (34 + 5 a s / h) bytes of activations in 16 bits, twice that in 32, with s tokens,
  /// b images, width h and a heads.
  ///
  /// Source: V. Korthikanti et al., Reducing Activation Recomputation in Large Transformer Models, arXiv 2205.05198,
  /// equation 1; S. Rajbhandari et al., ZeRO, arXiv 1910.02054, section 3.1, for 16 bytes.
  public static func naiveBytes(_ configuration: Configuration, parameters: Int) -> Double {
    let shape = configuration.shape
    let tokens = Double(configuration.tokens), width = Double(shape.width)
    let block = tokens * Double(configuration.batch) * width * (34 + 5 * Double(shape.heads) * tokens / width)
    let activations = Double(shape.depth) * block * (configuration.precision == .float32 ? 2 : 1)
    return 16 * Double(parameters) + activations
  }
}

/// How a rule's reservations came out.
public struct Reservations: Sendable, Hashable {
  /// The rule.
  public var rule: ReservationRule
  /// Rows whose needs are known: those that ran or were compiled, without rematerialization of the compiler's own, which
  /// needs less the less it is given.
  public var rows = 0
  /// Rows that were given less than they need, and would have run out of memory.
  public var failures = 0
  /// Bytes that were given, by the mean over rows.
  public var given: Double
  /// Bytes that are needed, by the mean over rows.
  public var needed: Double

  /// The reservations of a rule for `rows`; nil if no row's needs are known.
  public init?(_ rule: ReservationRule, _ rows: some Sequence<ValidationRow>) {
    self.rule = rule
    given = 0
    needed = 0
    for row in rows {
      guard let pair = row.comparison[.total] else { continue }
      let bytes = rule.bytes(row.comparison)
      self.rows += 1
      failures += bytes < pair.observed ? 1 : 0
      given += bytes
      needed += pair.observed
    }
    guard self.rows > 0 else { return nil }
    given /= Double(self.rows)
    needed /= Double(self.rows)
  }

  /// How often a reservation was too small.
  public var failureShare: Double { Double(failures) / Double(max(1, rows)) }
}
