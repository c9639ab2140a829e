import TrainingStep
import VisionTransformer

/// The step from the live peak to the bytes that the compiler allocates.
///
/// Four effects:
/// - Some results are written over their operands, which the live peak counts separately: the gradient of the MLP's
///   hidden layer over the hidden layer, and reduced gradients over gradients (`ReductionPeak`).
/// - The heap packer leaves gaps, which the compiler counts twice; they are given in units of one block's query tensor.
/// - What the compiler keeps in vector or common memory it does not allocate.
/// - Rematerialization frees whole results, so more than it has to.
///
/// Source: the constants of the device's calibration, `packing`.
struct Packing: Sendable {
  private let gaps, gapsInAttention: Int
  /// The share of the memory that gaps take after rematerialization, and the most that they take.
  private let rematerialized, most: Double
  /// The most bytes of temporaries that are in vector memory at the peak.
  let resident: Int
  /// Bytes that rematerialization frees beyond what it has to: it frees whole results, and those of a block are large.
  let freedInExcess: Int

  /// - Parameters:
  ///   - query: Bytes of one block's query tensor.
  ///   - recomputed: Bytes of one block's hidden layer and logits.
  init(_ sizes: AxisSizes, query: Int, recomputed: Int, _ tpu: borrowing TPUFigures) {
    let constants = tpu.constants.packing.pointee
    let isAligned = sizes[.tokens] % TileLayout.laneCount == 0
    // Shares, which a fit may move beyond what they can be.
    func share(_ constant: Double, of bytes: Int) -> Int { Self.count(min(max(constant, 0), 1) * Double(bytes)) }
    gaps = Self.count((isAligned ? constants.gapsAligned : constants.gapsUnaligned) * Double(query))
    gapsInAttention = gaps &- share(constants.gapsFilledByLogits, of: gaps)
    freedInExcess = Self.count(max(0, constants.freedInExcess) * Double(recomputed))
    resident = share(constants.resident, of: tpu.vectorMemory.count &+ tpu.commonMemory.count)
    rematerialized = constants.gapsRematerialized
    most = constants.mostGapsRematerialized
  }

  /// Bytes that the packer adds.
  ///
  /// - Parameters:
  ///   - peak: Where the peak is.
  ///   - limit: The memory.
  func bytes(_ peak: Instant, isRematerialized: Bool, limit: Int) -> Int {
    if isRematerialized { return Self.count(rematerialized * Double(limit)) }
    return peak == .lastAttentionBackward || peak == .loopAttentionBackward ? gapsInAttention : gaps
  }

  /// The most bytes that the packer adds after rematerialization.
  ///
  /// - Parameter limit: The memory.
  @inline(__always)
  func mostGaps(limit: Int) -> Int { Self.count(most * Double(limit)) }

  // Whole bytes; a calibration of one's own may hold any number.
  @inline(__always)
  private static func count(_ bytes: Double) -> Int { Int(min(max(bytes, -0x1p60), 0x1p60)) }
}
