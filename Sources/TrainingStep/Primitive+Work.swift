/// The work of one operation in symbols; `flops(_:)` evaluates it for any sizes.
public struct Work: Sendable, Hashable {
  /// Axes whose sizes multiply to the number of elementary steps: for a contraction, all of its axes.
  public var axes: Axes
  /// Floating-point operations a step: 2 for a multiply-add.
  public var flopsPerElement: Double
  /// Whether the work runs on matrix units.
  public var isMatrixProduct: Bool

  /// FLOPs for these sizes.
  public func flops(_ sizes: AxisSizes) -> Double {
    axes.reduce(flopsPerElement) { $0 * Double(sizes[$1]) }
  }
}

extension Primitive {
  /// The arithmetic of the primitive: what a person would count on paper, without padding.
  ///
  /// Element-wise counts are the operations of the formula as written, with one for a transcendental function. Matrix
  /// products alone match the paper's Table 2; element-wise work adds less than 3 %, even to the smallest model.
  public func work(_ operands: [TensorType], _ outputs: [TensorType]) -> Work {
    func elementwise(_ type: TensorType, _ flops: Double) -> Work {
      Work(axes: type.axes, flopsPerElement: flops, isMatrixProduct: false)
    }
    switch self {
    case .embedPatches, .embedPatchesKernelGradient:
      let positions = (self == .embedPatchesKernelGradient ? operands[1] : outputs[0]).axes[1]
      return Work(
        axes: [.batch, positions, .width, .patchRows, .patchColumns, .channels], flopsPerElement: 2,
        isMatrixProduct: true)
    case .contract(let c):
      return Work(axes: c.output + c.contracted, flopsPerElement: 2, isMatrixProduct: true)
    case .addBroadcast, .add, .scaleByHeadWidth, .sum, .scaleByFactor: return elementwise(operands[0], 1)
    case .broadcast, .convert, .barrier, .prependToken, .dropToken, .takeToken, .padToken, .increment:
      return elementwise(outputs[0], 0)
    case .layerNorm: return elementwise(operands[0], 8)
    case .layerNormGradient: return elementwise(operands[0], 16)
    case .softmax: return elementwise(operands[0], 5)
    case .softmaxGradient: return elementwise(operands[0], 4)
    case .gelu: return elementwise(operands[0], 8)
    case .geluGradient: return elementwise(operands[0], 14)
    case .meanTokens: return elementwise(operands[0], 1)
    case .meanTokensGradient: return elementwise(outputs[0], 1)
    case .sigmoidCrossEntropy: return elementwise(operands[0], 8)
    case .sigmoidCrossEntropyGradient: return elementwise(operands[0], 4)
    case .allReduceMean: return elementwise(operands[0], 1)
    case .globalNormFactor: return elementwise(TensorType([], .float32), 2)
    case .sgdUpdate: return elementwise(operands[0], 4)
    case .momentumUpdate: return elementwise(operands[0], 6)
    case .adamUpdate: return elementwise(operands[0], 16)
    case .adafactorUpdate, .adafactorUnfactoredUpdate: return elementwise(operands[0], 14)
    }
  }
}
