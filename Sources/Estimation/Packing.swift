import TrainingStep
import VisionTransformer

/// From the live peak to the bytes that the compiler's allocation uses.
///
/// Two effects: some results are written over their operands, which the live peak does not know: the gradient of the MLP's hidden
/// layer over the hidden layer itself, gradients' sums over gradients (`ReductionPeak`). And the heap packer leaves gaps, which the
/// compiler counts twice; they are given in units of one block's query tensor.
/// Source: the constants of the device's calibration, `packing`.
struct Packing: Sendable {
  private let gaps: Int
  /// Shares of the memory that gaps are after rematerialization, and that they are at most.
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

  /// The most that it adds after rematerialization.
  ///
  /// - Parameter limit: The memory.
  @inline(__always)
  func mostGaps(limit: Int) -> Int { Int(most * Double(limit)) }
}
