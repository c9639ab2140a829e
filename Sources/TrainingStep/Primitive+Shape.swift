/// An error in a program's types: a primitive has operands that its shape rule rejects.
public struct ShapeError: Error, Sendable, CustomStringConvertible {
  /// The primitive.
  public var primitive: Primitive
  /// Types of its operands.
  public var operands: [TensorType]
  /// The rule that they break.
  public var rule: String

  /// `layerNorm of [(batch, width) float32]: takes three operands`.
  public var description: String { "\(primitive) of \(operands): \(rule)" }
}

extension Primitive {
  /// Types of the outputs, checked against the types of the operands.
  ///
  /// - Throws: `ShapeError` when the operands do not fit the primitive.
  public func outputTypes(_ x: [TensorType]) throws(ShapeError) -> [TensorType] {
    func require(_ condition: Bool, _ rule: @autoclosure () -> String) throws(ShapeError) {
      if !condition { throw ShapeError(primitive: self, operands: x, rule: rule()) }
    }
    func operands(_ count: Int) throws(ShapeError) { try require(x.count == count, "takes \(count) operands") }

    switch self {
    case .embedPatches(let positions):
      try operands(2)
      try require(x[0].axes == [.batch, .imageRows, .imageColumns, .channels], "images are (B, R, R, 3)")
      try require(x[1].axes == [.patchRows, .patchColumns, .channels, .width], "the kernel is (P, P, 3, D)")
      return [TensorType([.batch, positions, .width], x[0].element)]
    case .embedPatchesKernelGradient:
      try operands(2)
      try require(
        [[.batch, .patches, .width], [.batch, .tokens, .width]].contains(x[1].axes), "the gradient is (B, N, D)")
      return [TensorType([.patchRows, .patchColumns, .channels, .width], x[1].element)]
    case .contract(let c):
      try operands(2)
      for (type, axes) in zip(x, [c.lhs, c.rhs]) {
        try require(
          type.axes.count == axes.count && zip(type.axes, axes).allSatisfy { $0.hasSameSize(as: $1) },
          "operand axes must match \(axes)")
      }
      try require(x[0].element == x[1].element, "operands have one element type")
      try require(
        c.output.allSatisfy { c.lhs.contains($0) || c.rhs.contains($0) } && !c.output.hasDuplicates,
        "every output axis stands in an operand, once")
      return [TensorType(c.output, x[0].element)]
    case .addBroadcast:
      try operands(2)
      try require(
        x[1].axes.allSatisfy { $0 == .one || x[0].axes.contains($0) } && x[0].element == x[1].element,
        "the second operand's axes stand in the first, with one element type")
      return [x[0]]
    case .add:
      try operands(2)
      try require(x[0] == x[1], "operands have one type")
      return [x[0]]
    case .scaleByHeadWidth, .softmax, .gelu, .allReduceMean, .barrier, .increment:
      try operands(1)
      return [x[0]]
    case .sum(let output):
      try operands(1)
      try require(output.allSatisfy { $0 == .one || x[0].axes.contains($0) }, "the output's axes stand in the operand")
      return [TensorType(output, x[0].element)]
    case .broadcast(let output):
      try operands(1)
      try require(x[0].axes.allSatisfy { $0 == .one || output.contains($0) }, "the operand's axes stand in the output")
      return [TensorType(output, x[0].element)]
    case .convert(let element):
      try operands(1)
      return [x[0].with(element)]
    case .layerNorm:
      try operands(3)
      try require(x[0].axes.last == .width && x[1].axes == [.width] && x[2].axes == [.width], "normalises the width")
      return [x[0]]
    case .layerNormGradient:
      try operands(3)
      try require(x[0] == x[2] && x[1].axes == [.width], "(x, scale, dy)")
      return [x[0], x[1], x[1]]
    case .softmaxGradient, .geluGradient:
      try operands(2)
      try require(x[0] == x[1], "operands have one type")
      return [x[0]]
    case .prependToken:
      try operands(2)
      try require(
        x[0].axes == [.batch, .one, .width] && x[1].axes == [.batch, .patches, .width], "(token (B,1,D), x (B,N,D))")
      return [TensorType([.batch, .tokens, .width], x[1].element)]
    case .dropToken:
      try operands(1)
      try require(x[0].axes == [.batch, .tokens, .width], "takes (B,T,D)")
      return [TensorType([.batch, .patches, .width], x[0].element)]
    case .takeToken, .meanTokens:
      try operands(1)
      try require(x[0].axes == [.batch, .tokens, .width], "takes (B,T,D)")
      return [TensorType([.batch, .width], x[0].element)]
    case .padToken, .meanTokensGradient:
      try operands(1)
      try require(x[0].axes == [.batch, .width], "takes (B,D)")
      return [TensorType([.batch, .tokens, .width], x[0].element)]
    case .sigmoidCrossEntropy:
      try operands(2)
      try require(x[0] == x[1] && x[0].element == .float32, "logits and labels are (B,C) float32")
      return [TensorType([], .float32)]
    case .sigmoidCrossEntropyGradient:
      try operands(2)
      try require(x[0] == x[1] && x[0].element == .float32, "logits and labels are (B,C) float32")
      return [x[0]]
    case .globalNormFactor:
      try require(!x.isEmpty, "takes at least one gradient")
      return [TensorType([], .float32)]
    case .scaleByFactor:
      try operands(2)
      try require(x[1].axes.isEmpty, "the factor is a scalar")
      return [x[0]]
    case .sgdUpdate:
      try operands(2)
      try require(x[0].axes == x[1].axes, "parameter and gradient have one shape")
      return [x[0]]
    case .momentumUpdate:
      try operands(3)
      try require(
        x[0].axes == x[1].axes && x[0].axes == x[2].axes, "parameter, gradient and momentum have one shape")
      return [x[0], x[2]]
    case .adamUpdate, .adafactorUnfactoredUpdate:
      try operands(5)
      try require(
        x[0].axes == x[1].axes && x[0].axes == x[2].axes && x[0].axes == x[3].axes, "one shape for p, g, m, v")
      return [x[0], x[2], x[3]]
    case .adafactorUpdate(let row, let column):
      try operands(6)
      try require(x[0].axes == x[1].axes && x[0].axes == x[2].axes, "one shape for p, g, m")
      try require(x[3].axes == x[0].axes.removing(at: row), "the row moment lacks the larger axis")
      try require(x[4].axes == x[0].axes.removing(at: column), "the column moment lacks the second largest axis")
      return [x[0], x[2], x[3], x[4]]
    }
  }
}

extension Axis {
  /// Whether two axes have the same size in every configuration, so that one can replace the other in a contraction.
  public func hasSameSize(as other: Axis) -> Bool {
    self == other || self == .tokens && other == .keyTokens || self == .keyTokens && other == .tokens
  }
}

extension RangeReplaceableCollection {
  /// The collection without the element at `index`.
  public func removing(at index: Index) -> Self {
    var copy = self
    copy.remove(at: index)
    return copy
  }
}
