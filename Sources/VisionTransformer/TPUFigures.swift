/// What only a TPU has of a device's figures.
public struct TPUFigures: Sendable, Hashable {
  /// What one program runs on, and so what figures "a core" or "a chip" are of.
  public enum Unit: String, Sendable, Hashable, CaseIterable, Codable {
    /// One of the cores of a chip.
    case core
    /// A whole chip, whether of one core or of several that run one program together.
    case chip
  }

  /// Matrix units.
  public var matrixUnits: Int
  /// Rows and columns of one matrix unit.
  public var matrixUnitSize: Int
  /// Lanes of the vector unit: minor dimensions are padded to a multiple of this.
  public var lanes: Int
  /// Sublanes of the vector unit: second-minor dimensions are padded to a multiple of this.
  public var sublanes: Int
  /// Bandwidth of all links of a chip together in bytes a second, one direction.
  public var linkBandwidth: Double
  /// Devices of this kind that share a chip's links: its cores, or one where the device is the whole chip.
  public var coresPerChip: Int
  /// What one program runs on.
  public var unit: Unit
  /// Cores that run one program together: two where a chip is one device (megacore), else one.
  public var programCores: Int
  /// Compiler generation whose answers the estimates speak for, such as `libtpu 0.0.17.1`; nil where there is none.
  public var compiler: String?
  /// How far the compiler's answers can lie from the model's.
  public var uncertainBand: UncertainBand
  /// What was fitted to its compiler; of a device that is in no catalog, theory alone.
  package var constants = FittedConstants.none

  /// Figures of a TPU.
  public init(
    matrixUnits: Int, matrixUnitSize: Int, lanes: Int, sublanes: Int, linkBandwidth: Double, coresPerChip: Int,
    unit: Unit? = nil, programCores: Int = 1, compiler: String? = nil, uncertainBand: UncertainBand = .none
  ) {
    self.matrixUnits = matrixUnits
    self.matrixUnitSize = matrixUnitSize
    self.lanes = lanes
    self.sublanes = sublanes
    self.linkBandwidth = linkBandwidth
    self.coresPerChip = coresPerChip
    self.unit = unit ?? (coresPerChip > 1 ? .core : .chip)
    self.programCores = programCores
    self.compiler = compiler
    self.uncertainBand = uncertainBand
  }
}
