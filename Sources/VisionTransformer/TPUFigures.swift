/// The figures that only a TPU has.
public struct TPUFigures: Sendable, Hashable {
  /// What one program runs on, and so the unit of its figures: "a core" or "a chip".
  public enum Unit: String, Sendable, Hashable, CaseIterable, Codable {
    /// One core of a chip.
    case core
    /// A whole chip, with one core or with several that run one program together.
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
  /// Total bandwidth of all links of a chip in bytes a second, in one direction.
  public var linkBandwidth: Double
  /// Devices of this kind that share a chip's links: the chip's cores, or one if the device is the whole chip.
  public var coresPerChip: Int
  /// What one program runs on.
  public var unit: Unit
  /// Cores that run one program together: two if a chip is one device (megacore), otherwise one.
  public var programCores: Int
  /// Where its compiler writes the softmax of attention out, and keeps it beside the logits; nil if it computes it where
  /// it is read.
  public var writtenSoftmax: AttentionWrite?
  /// Where its compiler writes the gradient of attention logits out; nil if it computes it where it is read.
  public var writtenGradient: AttentionWrite?
  /// Where its compiler keeps queries, keys and values in the activations' precision, and the logits before scaling; nil if
  /// it rounds and fuses them.
  public var writtenProducts: AttentionWrite?
  /// Number of images a step from which its compiler keeps a bfloat16 copy of them until the end; fewer are read as they come.
  public var copiedImages: Int
  /// Bytes of vector memory in which its compiler keeps whole arrays from one instruction to the next; zero if it keeps none.
  public var vectorMemory: Bytes
  /// Bytes of memory that a chip's cores share beside the device's own, in which its compiler keeps whole arrays too; zero if
  /// there is none.
  public var commonMemory: Bytes
  /// Bytes that its compiler rounds every array up to.
  public var alignment: Int
  /// Compiler generation that the estimates are valid for, such as `libtpu 0.0.17.1`; nil if there is none.
  public var compiler: String?
  /// What a reader must know of answers for that compiler; nil where the model was made for it.
  public var compilerNote: String?
  /// How far the compiler's answers can lie from the model's.
  public var uncertainBand: UncertainBand
  /// Constants fitted to its compiler; theory alone for a device that is not in a catalog.
  package var constants = FittedConstants.none

  /// Figures of a TPU.
  public init(
    matrixUnits: Int, matrixUnitSize: Int, lanes: Int, sublanes: Int, linkBandwidth: Double, coresPerChip: Int,
    unit: Unit? = nil, programCores: Int = 1, writtenSoftmax: AttentionWrite? = nil,
    writtenGradient: AttentionWrite? = nil, writtenProducts: AttentionWrite? = nil, copiedImages: Int = 1,
    vectorMemory: Bytes = .zero, commonMemory: Bytes = .zero, alignment: Int = 512,
    compiler: String? = nil,
    uncertainBand: UncertainBand = .none
  ) {
    self.matrixUnits = matrixUnits
    self.matrixUnitSize = matrixUnitSize
    self.lanes = lanes
    self.sublanes = sublanes
    self.linkBandwidth = linkBandwidth
    self.coresPerChip = coresPerChip
    self.unit = unit ?? (coresPerChip > 1 ? .core : .chip)
    self.programCores = programCores
    self.writtenSoftmax = writtenSoftmax
    self.writtenGradient = writtenGradient
    self.writtenProducts = writtenProducts
    self.copiedImages = copiedImages
    self.vectorMemory = vectorMemory
    self.commonMemory = commonMemory
    self.alignment = alignment
    self.compiler = compiler
    self.uncertainBand = uncertainBand
  }
}
