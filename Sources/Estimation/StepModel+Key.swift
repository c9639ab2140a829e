import TrainingStep
import VisionTransformer

extension StepModel {
  /// A structure and a regime in one word.
  static func key(_ structure: StepStructure, _ regime: XLARegime) -> UInt64 {
    var key = structure.head.number | structure.optimizer.number << 2 | structure.precision.number << 4
    key |= structure.gradientClipping.number << 5 | (structure.recomputesBlocks ? 1 : 0) << 6
    key |= UInt64(regime.classifierGradient.rawValue) << 7
    func add(_ choice: Bool, _ place: UInt64) { key |= (choice ? 1 : 0) << place }
    add(regime.eager, 9)
    add(regime.appliesHeadGradients, 10)
    add(regime.writesLogitsGradient, 11)
    add(regime.batchMajor, 12)
    add(regime.batchMajorQueries, 13)
    add(regime.batchLanesOutput, 14)
    add(regime.keepsKernels, 15)
    add(regime.imagesOnLanes, 16)
    add(regime.singleImage, 17)
    add(regime.headMLPLast, 18)
    add(regime.appliesAttentionForHeadMLP, 19)
    add(regime.appliesAttentionForClassifier, 20)
    add(regime.appliesMLPForClassifier, 21)
    add(regime.appliesAttentionAtOnce, 22)
    add(regime.keepsOutputKernel, 23)
    add(regime.headAttentionLast, 24)
    return key | UInt64(structure.factoring.ranks) << 25
  }
}

extension Head {
  fileprivate var number: UInt64 {
    switch self {
    case .token: 0
    case .gap: 1
    case .map: 2
    }
  }
}

extension Optimizer {
  fileprivate var number: UInt64 {
    switch self {
    case .sgd: 0
    case .adam: 1
    case .adamHalf: 2
    case .adafactor: 3
    }
  }
}

extension Precision {
  fileprivate var number: UInt64 {
    switch self {
    case .bfloat16: 0
    case .float32: 1
    }
  }
}

extension GradientClipping {
  fileprivate var number: UInt64 {
    switch self {
    case .none: 0
    case .globalNorm: 1
    }
  }
}
