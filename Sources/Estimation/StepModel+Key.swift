import TrainingStep
import VisionTransformer

extension StepModel {
  /// Structure and regime packed into one word.
  @inline(__always)
  static func key(_ structure: StepStructure, _ regime: XLARegime) -> UInt64 {
    // The ranks are those of seven axes, four bits each.
    keyWithoutFactoring(structure, regime) | UInt64(structure.factoring.ranks) << 26
  }

  /// The same without the factoring.
  @inline(__always)
  static func keyWithoutFactoring(_ structure: StepStructure, _ regime: XLARegime) -> UInt64 {
    var key = structure.head.number | structure.optimizer.number << 2 | structure.precision.number << 5
    key |= structure.gradientClipping.number << 6 | (structure.recomputesBlocks ? 1 : 0) << 7
    key |= UInt64(regime.classifierGradient.rawValue) << 8
    func add(_ choice: Bool, _ place: UInt64) { key |= (choice ? 1 : 0) << place }
    add(regime.eager, 10)
    add(regime.appliesHeadGradients, 11)
    add(regime.writesLogitsGradient, 12)
    add(regime.batchMajor, 13)
    add(regime.batchMajorQueries, 14)
    add(regime.batchLanesOutput, 15)
    add(regime.keepsKernels, 16)
    add(regime.imagesOnLanes, 17)
    add(regime.singleImage, 18)
    add(regime.headMLPLast, 19)
    add(regime.appliesAttentionForHeadMLP, 20)
    add(regime.appliesAttentionForClassifier, 21)
    add(regime.appliesMLPForClassifier, 22)
    add(regime.appliesAttentionAtOnce, 23)
    add(regime.keepsOutputKernel, 24)
    add(regime.headAttentionLast, 25)
    // Above the factoring.
    add(regime.writesSoftmax, 54)
    add(regime.writesProducts, 55)
    add(regime.keepsUnscaledLogits, 56)
    add(structure.layers == .scanned, 57)
    add(regime.defersScannedMLP, 58)
    add(regime.copiesImages, 59)
    return key
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
    case .sgdMomentum: 4
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
