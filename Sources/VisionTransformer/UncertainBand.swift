/// The width of a verdict's uncertain band: the model's own error on evidence, as the smallest and largest ratio of
/// what the compiler reported to what the model says.
///
/// Computed from the bundled evidence, never chosen: `shapefinder report` writes it to `shapes/calibrations/`.
public struct UncertainBand: Sendable, Hashable {
  /// The live peak without automatic rematerialization.
  public var livePeak: ClosedRange<Double>
  /// The smallest peak that automatic rematerialization can reach, where gradients determine it.
  public var gradientFloor: ClosedRange<Double>
  /// The smallest peak that automatic rematerialization can reach, where activations determine it.
  public var activationFloor: ClosedRange<Double>
  /// The smallest peak that automatic rematerialization can reach, where the live peak is more than twice the memory:
  /// the compiler's greedy pass then ends above its own best.
  public var deepFloor: ClosedRange<Double>
  /// The live peak, and a floor determined by gradients, where two orders of the step need nearly the same memory: the
  /// compiler may then choose a third, which needs less than either.
  public var contested: ClosedRange<Double>
  /// The live peak, and the smallest peak that automatic rematerialization can reach, where the MLP is narrower than
  /// twice the width (`Shape.hasNarrowMLP`).
  public var narrowMLP: ClosedRange<Double>
  /// The smallest peak that automatic rematerialization can reach where 8 does not divide the width of a head
  /// (`Shape.hasOddHeads`).
  public var oddHeadFloor: ClosedRange<Double>
  /// The live peak under `rematerialization: full` without clipping where the compiler runs the step depth first: for
  /// one image, and where the tokens of a batch are fewer than half the width.
  public var recomputedBlocks: ClosedRange<Double>
  /// The live peak, and the smallest peak that automatic rematerialization can reach, where layers are scanned.
  public var scannedLayers: ClosedRange<Double>

  /// A band from its ranges; 1...1 means a quantity that is known exactly.
  public init(
    livePeak: ClosedRange<Double>, gradientFloor: ClosedRange<Double>, activationFloor: ClosedRange<Double>,
    deepFloor: ClosedRange<Double>, contested: ClosedRange<Double>, narrowMLP: ClosedRange<Double>,
    oddHeadFloor: ClosedRange<Double>, recomputedBlocks: ClosedRange<Double>,
    scannedLayers: ClosedRange<Double>
  ) {
    self.livePeak = livePeak
    self.gradientFloor = gradientFloor
    self.activationFloor = activationFloor
    self.deepFloor = deepFloor
    self.contested = contested
    self.narrowMLP = narrowMLP
    self.oddHeadFloor = oddHeadFloor
    self.recomputedBlocks = recomputedBlocks
    self.scannedLayers = scannedLayers
  }

  /// No band: every verdict is certain.
  public static let none = UncertainBand(
    livePeak: 1...1, gradientFloor: 1...1, activationFloor: 1...1, deepFloor: 1...1, contested: 1...1,
    narrowMLP: 1...1, oddHeadFloor: 1...1, recomputedBlocks: 1...1, scannedLayers: 1...1)

  /// The cases in which the model's errors differ, each with a range of the band. The raw values are the names of the
  /// ranges in a calibration file, before `Least` and `Most`.
  public enum Regime: String, Sendable, Hashable, CaseIterable {
    /// The range of the same name in `UncertainBand`.
    case livePeak, gradientFloor, activationFloor, deepFloor, contested, narrowMLP, oddHeadFloor, recomputedBlocks,
      scannedLayers

    /// The evidence that the range was computed from.
    public var evidence: String {
      switch self {
      case .livePeak: "live peaks within a fifth of the memory"
      case .gradientFloor: "those, and peaks after rematerialization where gradients make the floor"
      case .activationFloor: "peaks after rematerialization where activations make the floor"
      case .deepFloor: "peaks after rematerialization where the live peak was beyond twice the memory"
      case .contested: "live peaks within a fifth of the memory where two orders of the step need nearly the same"
      case .narrowMLP: "live peaks and peaks after rematerialization where the MLP is narrower than twice the width"
      case .oddHeadFloor: "peaks after rematerialization where 8 does not divide the width of a head"
      case .recomputedBlocks: "live peaks of recomputed blocks that are scheduled: one image, few tokens, or descent"
      case .scannedLayers:
        "live peaks within a fifth of the memory and peaks after rematerialization where layers are scanned"
      }
    }
  }

  /// The range of a regime.
  @inlinable
  public subscript(regime: Regime) -> ClosedRange<Double> {
    @inline(__always) get {
      switch regime {
      case .livePeak: livePeak
      case .gradientFloor: gradientFloor
      case .activationFloor: activationFloor
      case .deepFloor: deepFloor
      case .contested: contested
      case .narrowMLP: narrowMLP
      case .oddHeadFloor: oddHeadFloor
      case .recomputedBlocks: recomputedBlocks
      case .scannedLayers: scannedLayers
      }
    }
    set {
      switch regime {
      case .livePeak: livePeak = newValue
      case .gradientFloor: gradientFloor = newValue
      case .activationFloor: activationFloor = newValue
      case .deepFloor: deepFloor = newValue
      case .contested: contested = newValue
      case .narrowMLP: narrowMLP = newValue
      case .oddHeadFloor: oddHeadFloor = newValue
      case .recomputedBlocks: recomputedBlocks = newValue
      case .scannedLayers: scannedLayers = newValue
      }
    }
  }
}

extension Shape {
  /// Whether the MLP is narrower than twice the width: the step then runs in another order, and gradients live longer.
  public var hasNarrowMLP: Bool { mlpWidth / 2 < width }

  /// Whether 8 does not divide the width of a head: copies of the attention's kernels may then be kept, and
  /// rematerialization frees less.
  public var hasOddHeads: Bool { width / heads % 8 != 0 }
}
