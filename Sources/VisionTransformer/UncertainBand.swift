/// How wide the uncertain band of a verdict is: the model's own error on evidence, as the least and the most that the compiler
/// reported, over what the model says.
///
/// Computed from the bundled evidence, never chosen: `shapefinder report` writes it to `shapes/calibrations/`.
public struct UncertainBand: Sendable, Hashable {
  /// The live peak without automatic rematerialization.
  public var livePeak: ClosedRange<Double>
  /// The least that automatic rematerialization can reach, where gradients make it.
  public var gradientFloor: ClosedRange<Double>
  /// The same where activations make it.
  public var activationFloor: ClosedRange<Double>
  /// The same where the live peak is beyond twice the memory: far below it the compiler's greedy pass ends above its own best.
  public var deepFloor: ClosedRange<Double>
  /// The live peak, and a floor that gradients make, where two orders of the step need nearly the same memory: the compiler may
  /// then take a third, which needs less than either.
  public var contested: ClosedRange<Double>
  /// The live peak, and the least that automatic rematerialization can reach, where the MLP is narrower than twice the width
  /// (`Shape.hasNarrowMLP`).
  public var narrowMLP: ClosedRange<Double>
  /// The least that automatic rematerialization can reach where heads are odd (`Shape.hasOddHeads`).
  public var oddHeadFloor: ClosedRange<Double>
  /// The live peak where blocks are recomputed as asked, without clipping, and the compiler runs the step depth first: for one image,
  /// and where the tokens of a batch are fewer than half the width.
  public var recomputedBlocks: ClosedRange<Double>

  /// A band from its ranges; 1...1 is a quantity that is known exactly.
  public init(
    livePeak: ClosedRange<Double>, gradientFloor: ClosedRange<Double>, activationFloor: ClosedRange<Double>,
    deepFloor: ClosedRange<Double>, contested: ClosedRange<Double>, narrowMLP: ClosedRange<Double>,
    oddHeadFloor: ClosedRange<Double>, recomputedBlocks: ClosedRange<Double>
  ) {
    self.livePeak = livePeak
    self.gradientFloor = gradientFloor
    self.activationFloor = activationFloor
    self.deepFloor = deepFloor
    self.contested = contested
    self.narrowMLP = narrowMLP
    self.oddHeadFloor = oddHeadFloor
    self.recomputedBlocks = recomputedBlocks
  }

  /// No band: every verdict is certain.
  public static let none = UncertainBand(
    livePeak: 1...1, gradientFloor: 1...1, activationFloor: 1...1, deepFloor: 1...1, contested: 1...1,
    narrowMLP: 1...1, oddHeadFloor: 1...1, recomputedBlocks: 1...1)

  /// What a verdict rests on, as far as the model's errors differ: the ranges of a band. The raw values are the names of the ranges
  /// in a calibration file, before `Least` and `Most`.
  public enum Regime: String, Sendable, Hashable, CaseIterable {
    /// `UncertainBand.livePeak` and so on.
    case livePeak, gradientFloor, activationFloor, deepFloor, contested, narrowMLP, oddHeadFloor, recomputedBlocks

    /// What the range was computed from.
    public var evidence: String {
      switch self {
      case .livePeak: "live peaks within a fifth of the memory"
      case .gradientFloor: "those, and peaks after rematerialization where gradients make the floor"
      case .activationFloor: "peaks after rematerialization where activations make the floor"
      case .deepFloor: "peaks after rematerialization where the live peak was beyond twice the memory"
      case .contested: "live peaks within a fifth of the memory where two orders of the step need nearly the same"
      case .narrowMLP: "live peaks and peaks after rematerialization where the MLP is narrower than twice the width"
      case .oddHeadFloor: "peaks after rematerialization where 8 does not divide the width of a head"
      case .recomputedBlocks: "live peaks where blocks are recomputed, without clipping, of one image or few tokens"
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
      }
    }
  }
}

extension Shape {
  /// Whether the MLP is narrower than twice the width: the order of the step is then another, and gradients are held longer.
  public var hasNarrowMLP: Bool { mlpWidth / 2 < width }

  /// Whether 8 does not divide the width of a head: copies of the attention's kernels may then be kept, and rematerialization
  /// gets less far.
  public var hasOddHeads: Bool { width / heads % 8 != 0 }
}
