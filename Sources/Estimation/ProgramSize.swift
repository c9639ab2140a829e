import TrainingStep
import VisionTransformer

/// Number of instructions in the optimized program, from which the compiler reserves memory for its own code
/// ("overlays").
///
/// The compiler reserves 10 KiB an instruction, at most 1 GiB, before it decides whether to rematerialize. Instructions
/// are counted for each parameter, factored moment and block.
/// Source: the constants of the device's calibration, `instructions`; the limit that follows is within 0.2 % of every one in the
/// compiler's log.
struct ProgramSize: Sendable {
  private let constant: Double
  private let perBlock: Double
  private let bytesPerInstruction: Double
  private let mostBytes: Double

  /// The tensors for which instructions are counted, without blocks and in a block.
  struct Tensors: Sendable {
    /// Parameters.
    let parameters: SIMD2<Double>
    /// Moments that are factored.
    let factored: SIMD2<Double>

    init(_ tensors: [(isFactored: Bool, count: LinearCount)]) {
      parameters = tensors.reduce(.zero) { $0 + $1.count.vector }
      factored = tensors.reduce(.zero) { $1.isFactored ? $0 + $1.count.vector : $0 }
    }
  }

  init(_ structure: StepStructure, _ tensors: Tensors, _ c: FittedConstants.Instructions) {
    let parameters = tensors.parameters, factored = tensors.factored
    let (aParameter, aFactored, once): (Double, Double, Double) =
      switch structure.optimizer {
      case .sgd: (c.sgd, 0, 0)
      case .sgdMomentum: (c.sgdMomentum, 0, 0)
      case .adam: (c.adam, 0, c.adamOnce)
      case .adamHalf: (c.adamHalf, 0, c.adamHalfOnce)
      case .adafactor: (c.adafactor, c.adafactorFactored, c.adafactorOnce)
      }
    let head: Double =
      switch structure.head {
      case .token: c.tokenHead
      case .gap: c.gapHead
      case .map: c.mapHead
      }
    let clips = structure.gradientClipping == .globalNorm
    let each = aParameter + (clips ? c.clippedParameter : 0)
    let outside =
      each * parameters[0] + aFactored * factored[0] + once + head + (clips ? c.clippedOnce : 0)
      + (structure.recomputesBlocks ? c.recomputedOnce : 0)
    let block =
      each * parameters[1] + aFactored * factored[1]
      + (structure.precision == .bfloat16 ? c.block : c.blockFloat32)
      + (structure.recomputesBlocks ? c.recomputedBlock : 0)
    // A loop's body is one block, whatever the depth.
    (constant, perBlock) = structure.layers == .scanned ? (outside + block, 0) : (outside, block)
    bytesPerInstruction = c.bytes
    mostBytes = c.mostBytes
  }

  /// Bytes the compiler reserves for the code of `depth` blocks.
  @inline(__always)
  func bytes(_ depth: Int) -> Int {
    Int(min(mostBytes, bytesPerInstruction * max(0, constant + perBlock * Double(depth))))
  }
}
