import TrainingStep
import VisionTransformer

/// All of a configuration that decides its closed form over depth, in a few words that compare and hash at once: everything
/// but the depth and the names.
struct ConfigurationKey: Hashable, Sendable {
  private let shape: SIMD8<Int32>
  private let choices: UInt64
  private let dataParallel: Int
  private let memoryLimit: Int

  init(_ c: Configuration) {
    func number(_ value: Int) -> Int32 { Int32(truncatingIfNeeded: value) }
    shape = SIMD8(
      number(c.shape.width), number(c.shape.mlpWidth), number(c.shape.heads), number(c.shape.patch), number(c.batch),
      number(c.imageSize), number(c.classes), 0)
    let blocks: UInt64 =
      switch c.rematerialization {
      case .automatic: 0
      case .none: 1
      case .full: 2
      }
    choices =
      c.head.number | c.optimizer.number << 2 | c.precision.number << 4 | c.gradientClipping.number << 5 | blocks << 6
      | (c.layers == .scanned ? 1 : 0) << 8
    dataParallel = c.dataParallel
    memoryLimit = c.memoryLimit?.count ?? -1
  }

  /// The numbers that vary within a grid, mixed.
  var mixed: UInt64 {
    let words = unsafeBitCast(shape, to: SIMD4<UInt64>.self)
    var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
    func mix(_ value: UInt64) {
      hash = (hash ^ value) &* 0xBF58_476D_1CE4_E5B9
      hash ^= hash >> 29
    }
    mix(words[0])
    mix(words[1])
    mix(words[2])
    mix(words[3] ^ choices << 32)
    return hash ^ (hash >> 32)
  }
}

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
    return key | UInt64(structure.factoring.ranks) << 18
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
