import TrainingStep

/// Every primitive as simple loops over row-major arrays: the reference for fast kernels.
///
/// Written for clarity. Sums are computed in `Scalar`; transcendental functions in double precision, then rounded.
/// Results are computed in `Scalar` and rounded to bfloat16 if the output's type is bfloat16.
///
/// Source: `flax.linen` 0.11 (layers), Optax 0.2.8 (loss and optimizers).
struct ReferencePrimitives<Scalar: ReferenceScalar> {
  typealias Tensor = ReferenceTensor<Scalar>

  let sizes: AxisSizes

  /// Results of one primitive.
  func evaluate(_ primitive: Primitive, _ operands: [Tensor]) throws(InterpreterError) -> [Tensor] {
    let types: [TensorType]
    do { types = try primitive.outputTypes(operands.map(\.type)) } catch { throw .shape(error) }
    for operand in operands where operand.elements.count != operand.type.elementCount(sizes) {
      throw .wrongCount(
        "operand of \(primitive.name)", given: operand.elements.count, expected: operand.type.elementCount(sizes))
    }
    return zip(types, results(primitive, operands, types)).map { type, elements in
      Tensor(type, type.element == .bfloat16 ? elements.map(\.roundedToBFloat16) : elements)
    }
  }

  private func results(_ primitive: Primitive, _ operands: [Tensor], _ types: [TensorType]) -> [[Scalar]] {
    let x = operands.map(\.elements)
    switch primitive {
    case .embedPatches: return [embedPatches(images: x[0], kernel: x[1])]
    case .embedPatchesKernelGradient: return [embedPatchesKernelGradient(images: x[0], dy: x[1])]
    case .contract(let contraction): return [contract(contraction, x[0], x[1])]

    case .addBroadcast: return [addBroadcast(operands[0], operands[1])]
    case .add: return [zip(x[0], x[1]).map { $0 + $1 }]
    case .scaleByHeadWidth: return [scaleByHeadWidth(operands[0])]
    case .sum(let output): return [sum(operands[0], output)]
    case .broadcast(let output): return [broadcast(operands[0], output)]
    case .convert: return [x[0]]

    case .layerNorm: return [layerNorm(x[0], scale: x[1], bias: x[2])]
    case .layerNormGradient: return layerNormGradient(x[0], scale: x[1], dy: x[2])
    case .softmax: return [softmax(operands[0])]
    case .softmaxGradient: return [softmaxGradient(operands[0], dy: x[1])]
    case .gelu: return [x[0].map(gelu)]
    case .geluGradient: return [zip(x[0], x[1]).map { geluDerivative($0) * $1 }]

    case .prependToken: return [prependToken(x[0], x[1])]
    case .dropToken: return [dropToken(x[0])]
    case .takeToken: return [takeToken(x[0])]
    case .padToken: return [padToken(x[0])]
    case .meanTokens: return [meanTokens(x[0])]
    case .meanTokensGradient: return [meanTokensGradient(x[0])]

    case .sigmoidCrossEntropy: return [[sigmoidCrossEntropy(logits: x[0], labels: x[1])]]
    case .sigmoidCrossEntropyGradient: return [sigmoidCrossEntropyGradient(logits: x[0], labels: x[1])]

    // On a single host: the mean over its own gradient alone.
    case .allReduceMean: return [x[0]]
    case .globalNormFactor: return [[globalNormFactor(x)]]
    case .scaleByFactor: return [x[0].map { $0 * x[1][0] }]

    case .increment: return [[x[0][0] + 1]]
    case .sgdUpdate: return [updated(x[0], direction: x[1])]
    case .momentumUpdate: return momentumUpdate(x[0], gradient: x[1], m: x[2])
    case .adamUpdate: return adamUpdate(x[0], gradient: x[1], m: operands[2], v: x[3], count: x[4][0])
    case .adafactorUpdate(let row, let column):
      return adafactorUpdate(
        operands[0], gradient: x[1], m: operands[2], row: x[3], column: x[4], count: x[5][0], reducedInRow: row,
        reducedInColumn: column)
    case .adafactorUnfactoredUpdate:
      return adafactorUnfactoredUpdate(x[0], gradient: x[1], m: operands[2], v: x[3], count: x[4][0])

    case .barrier: return [x[0]]
    }
  }

  /// A function of real numbers, taken in double precision.
  @inline(__always)
  func inDouble(_ function: (Double) -> Double, _ x: Scalar) -> Scalar { Scalar(function(Double(x))) }

  /// Runs of `length` elements: the index of each run's first.
  func rows(_ elements: [Scalar], of length: Int) -> StrideTo<Int> {
    stride(from: 0, to: elements.count, by: max(1, length))
  }
}
