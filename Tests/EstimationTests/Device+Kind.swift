import TrainingStep
import VisionTransformer

@testable import Estimation

/// What only one kind of device has; a failed test where it is of the other.
extension Device {
  var tpu: TPUFigures {
    get throws {
      guard case .tpu(let tpu) = kind else { throw OtherKind() }
      return tpu
    }
  }

  private struct OtherKind: Error {}
}

extension XLARegime {
  /// The choices of a compiler that writes out of attention what TPUv3's does.
  init(_ structure: StepStructure, _ sizes: AxisSizes) {
    let figures = TPUFigures(
      matrixUnits: 2, matrixUnitSize: 128, lanes: 128, sublanes: 8, linkBandwidth: 1e9, coresPerChip: 1,
      writtenGradient: AttentionWrite(.bfloat16, above: 5.4))
    self.init(structure, sizes, figures)
  }
}
