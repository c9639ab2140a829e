import TrainingStep
import VisionTransformer

/// Instructions of the optimized program, from which the compiler reserves room for its own code ("overlays").
///
/// The compiler reserves 10 KiB an instruction, at most 1 GiB, before it decides whether to rematerialize. Instructions are
/// counted a parameter, a factored moment and a block.
/// Source: counts of instructions in 197 dumps of libtpu 0.0.17.1 and the limits in its log (`Validation/evidence`); the
/// limit that follows is within 0.2 % of every one.
struct ProgramSize: Sendable {
  static let bytesPerInstruction = 10_240.0
  static let mostBytes = 0x1p30

  private let constant: Double
  private let perBlock: Double

  init(_ structure: StepStructure, _ tensors: [(isFactored: Bool, count: LinearCount)]) {
    func count(_ include: (_ isFactored: Bool) -> Bool) -> (Double, Double) {
      tensors.reduce((0, 0)) { sum, parameter in
        include(parameter.isFactored)
          ? (sum.0 + Double(parameter.count.constant), sum.1 + Double(parameter.count.perBlock)) : sum
      }
    }
    let parameters = count { _ in true }, factored = count { $0 }
    let (aParameter, aFactored, once): (Double, Double, Double) =
      switch structure.optimizer {
      case .sgd: (72.3, 0, 0)
      // From the limits in its log for 64 steps of 4 to 24 blocks, to 2 %.
      case .sgdMomentum: (79.8, 0, 0)
      case .adam: (104.4, 0, 27)
      case .adamHalf: (104.5, 0, 152)
      case .adafactor: (113.2, 64.9, 43)
      }
    let head: Double =
      switch structure.head {
      case .token: 8
      case .gap: 41
      case .map: -171
      }
    let clips = structure.gradientClipping == .globalNorm
    let each = aParameter + (clips ? 19.9 : 0)
    constant =
      each * parameters.0 + aFactored * factored.0 + once + head + (clips ? -198 : 0)
      + (structure.recomputesBlocks ? -237 : 0)
    perBlock =
      each * parameters.1 + aFactored * factored.1 + (structure.precision == .bfloat16 ? -3 : -68)
      + (structure.recomputesBlocks ? 313 : 0)
  }

  /// Bytes the compiler reserves for the code of `depth` blocks.
  func bytes(_ depth: Int) -> Int {
    Int(min(Self.mostBytes, Self.bytesPerInstruction * max(0, constant + perBlock * Double(depth))))
  }
}
