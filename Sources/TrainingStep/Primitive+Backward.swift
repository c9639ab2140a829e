extension Primitive {
  /// Appends the operations that compute the gradients of the inputs, and returns these in the order of the inputs; nil
  /// where a gradient is not wanted or does not exist.
  ///
  /// - Parameters:
  ///   - inputs: The operands (or their recomputed copies).
  ///   - outputs: The results (or their recomputed copies).
  ///   - upstream: Gradients of the results.
  ///   - wanted: For each input, whether its gradient leads to a parameter.
  ///   - product: For a contraction, the product of the model that it is.
  /// - Throws: `ShapeError` when a gradient does not type-check.
  func backward(
    inputs x: [Value], outputs y: [Value], upstream: [Value?], wanted: [Bool], product: Product?,
    _ b: inout ProgramBuilder
  ) throws(ShapeError) -> [Value?] {
    guard let dy = upstream.first ?? nil else { return x.map { _ in nil } }
    switch self {
    case .embedPatches:
      return [nil, wanted[1] ? try b.apply(.embedPatchesKernelGradient, x[0], dy) : nil]
    case .contract(let c):
      // The right operand first: a weight's gradient before the input's, and the values' before the attention weights'.
      let right = wanted[1] ? try c.gradient(of: .right, dy, x, product, &b) : nil
      let left = wanted[0] ? try c.gradient(of: .left, dy, x, product, &b) : nil
      return [left, right]
    case .addBroadcast:
      return [wanted[0] ? dy : nil, wanted[1] ? try b.apply(.sum(output: b.type(x[1]).axes), dy) : nil]
    case .add: return [wanted[0] ? dy : nil, wanted[1] ? dy : nil]
    case .scaleByHeadWidth: return [try b.apply(.scaleByHeadWidth, dy)]
    case .sum: return [try b.apply(.broadcast(output: b.type(x[0]).axes), dy)]
    case .broadcast: return [try b.apply(.sum(output: b.type(x[0]).axes), dy)]
    case .convert:
      // The gradient of a cast weight already counts as a parameter's gradient before it is cast back.
      if b.program[x[0]].role == .parameter { b.mark(dy, asGradientOf: x[0]) }
      return [try b.apply(.convert(b.type(x[0]).element), dy)]
    case .layerNorm: return try b.applyAll(.layerNormGradient, [x[0], x[1], dy]).map { $0 }
    case .softmax: return [try b.apply(.softmaxGradient, y[0], dy)]
    case .gelu: return [try b.apply(.geluGradient, x[0], dy)]
    case .prependToken:
      return [
        wanted[0] ? try b.apply(.broadcast(output: [.batch, .one, .width]), b.apply(.takeToken, dy)) : nil,
        wanted[1] ? try b.apply(.dropToken, dy) : nil,
      ]
    case .takeToken: return [try b.apply(.padToken, dy)]
    case .meanTokens: return [try b.apply(.meanTokensGradient, dy)]
    case .sigmoidCrossEntropy:
      return [try b.apply(.sigmoidCrossEntropyGradient, x[0], x[1]), nil]
    case .barrier: return [dy]
    case .embedPatchesKernelGradient, .layerNormGradient, .softmaxGradient, .geluGradient, .dropToken, .padToken,
      .meanTokensGradient, .sigmoidCrossEntropyGradient, .allReduceMean, .globalNormFactor, .scaleByFactor, .increment,
      .sgdUpdate, .momentumUpdate, .adamUpdate, .adafactorUpdate, .adafactorUnfactoredUpdate:
      // These primitives occur only in or after the backward pass, so that nothing differentiates them.
      return x.map { _ in nil }
    }
  }
}

extension Contraction {
  /// The gradient of one operand: the upstream gradient contracted with the other operand.
  ///
  /// If the operand carries an axis under another name than its type does, the gradient uses the type's name
  /// throughout, so that it has the operand's own type.
  fileprivate func gradient(
    of operand: Product.Operand, _ dy: Value, _ x: [Value], _ product: Product?, _ b: inout ProgramBuilder
  ) throws(ShapeError) -> Value {
    let (axes, other) = operand == .left ? (lhs, rhs) : (rhs, lhs)
    let (own, otherValue) = operand == .left ? (x[0], x[1]) : (x[1], x[0])
    let names = b.type(own).axes
    let rename = { (list: Axes) in Axes(list.lazy.map { axis in axes.firstIndex(of: axis).map { names[$0] } ?? axis }) }
    return try b.contract(
      Contraction(rename(output), rename(other), rename(axes)), dy, otherValue, as: product, gradientOf: operand)
  }
}
