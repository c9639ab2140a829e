import TrainingStep
import VisionTransformer

/// The step from the live peak to the bytes that the compiler allocates.
///
/// Two effects. Some results are written over their operands, which the live peak counts separately: the gradient of
/// the MLP's hidden layer over the hidden layer, and reduced gradients over gradients (`ReductionPeak`). And the heap
/// packer leaves gaps, which the compiler counts twice; they are given in units of one block's query tensor.
/// Source: the constants of the device's calibration, `packing`.
struct Packing: Sendable {
  private let gaps: Int
  /// The share of the memory that gaps take after rematerialization, and the most that they take.
  private let rematerialized, most: Double

  /// - Parameter query: Bytes of one block's query tensor.
  init(_ sizes: AxisSizes, query: Int, _ constants: UnsafePointer<FittedConstants.Packing>) {
    let constants = constants.pointee
    let isAligned = sizes[.tokens] % TileLayout.laneCount == 0
    gaps = Int((isAligned ? constants.gapsAligned : constants.gapsUnaligned) * Double(query))
    rematerialized = constants.gapsRematerialized
    most = constants.mostGapsRematerialized
  }

  /// Bytes that the packer adds.
  ///
  /// - Parameter limit: The memory.
  func bytes(isRematerialized: Bool, limit: Int) -> Int {
    isRematerialized ? Int(rematerialized * Double(limit)) : gaps
  }

  /// The most bytes that the packer adds after rematerialization.
  ///
  /// - Parameter limit: The memory.
  @inline(__always)
  func mostGaps(limit: Int) -> Int { Int(most * Double(limit)) }
}
