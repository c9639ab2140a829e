import TrainingStep

/// A group of operations that one kernel performs, by their indices in the program.
struct Pattern {
  enum Kind {
    /// Contraction with a parameter, bias, and residual or GELU.
    case linear(product: Int, bias: Int, residual: Int?, gelu: Int?)
    case attention(scale: Int, logits: Int, softmax: Int, mix: Int)
    case attentionGradient(forward: Int, valueGradient: Int, logitsGradient: Int, keyGradient: Int, queryGradient: Int)
    case mlpGradient(
      gelu: Int, gradient: Int, downGradient: Int, upGradient: Int, upBias: Int, downBias: Int?)
    /// Products that are summed, the layer norm before the layers, and the sum with the residual stream.
    case inputGradient(products: [Int], norm: Int?, sum: Int?)
    case weightGradient(product: Int, bias: Int?)
    case embedding(product: Int, bias: Int)
  }

  var kind: Kind
}

extension HostLowering {
  /// Finds all patterns, the larger ones first.
  mutating func findPatterns() {
    for (index, operation) in program.operations.enumerated() {
      switch operation.primitive {
      case .softmax: findAttention(index)
      case .softmaxGradient: findAttentionGradient(index)
      case .geluGradient: findMLPGradient(index)
      default: break
      }
    }
    for (index, operation) in program.operations.enumerated() where !claimed[index] {
      if operation.primitive == .layerNormGradient { findInputGradient(norm: index) }
    }
    for (index, operation) in program.operations.enumerated() where !claimed[index] {
      switch operation.primitive {
      case .contract:
        if operation.phase == .backward {
          if program[operation.outputs[0]].role == .parameterGradient {
            findWeightGradient(index)
          } else {
            findInputGradient(product: index)
          }
        } else {
          findLinear(index)
        }
      case .embedPatchesKernelGradient: findWeightGradient(index)
      case .embedPatches: findEmbedding(index)
      default: break
      }
    }
  }

  private mutating func claim(_ members: [Int?], _ kind: Pattern.Kind) {
    let members = members.compactMap { $0 }
    guard let last = members.max(), !members.contains(where: { claimed[$0] }) else { return }
    for member in members { claimed[member] = true }
    patterns[last] = Pattern(kind: kind)
  }

  // MARK: - Reading the program

  private func operation(_ index: Int) -> Operation { program.operations[index] }

  private func contraction(_ index: Int?) -> Contraction? {
    guard let index, case .contract(let c) = program.operations[index].primitive else { return nil }
    return c
  }

  private func isParameter(_ value: Value) -> Bool { program[value].role == .parameter }

  /// The only operation that reads `value` and passes `test`.
  private func reader(of value: Value, _ test: (Operation) -> Bool) -> Int? {
    let found = readers[value.index].filter { test(program.operations[$0]) }
    return found.count == 1 ? found[0] : nil
  }

  private func soleReader(of value: Value) -> Int? {
    readers[value.index].count == 1 ? readers[value.index][0] : nil
  }

  /// Whether `x . parameter` has the parameter's first axes contracted and its last ones kept, in order.
  private func isLinear(_ operation: Operation) -> Bool {
    guard case .contract(let c) = operation.primitive, isParameter(operation.inputs[1]) else { return false }
    return c.shared.isEmpty && c.output == c.lhsFree + c.rhsFree && c.rhs == c.contracted + c.rhsFree
      && c.lhs == c.lhsFree + c.contracted
  }

  /// Whether `dy . parameter` has the parameter's last axes contracted: the backward of a linear layer.
  private func isLinearGradient(_ operation: Operation) -> Bool {
    guard case .contract(let c) = operation.primitive, isParameter(operation.inputs[1]) else { return false }
    return c.shared.isEmpty && c.output == c.lhsFree + c.rhsFree && c.rhs == c.rhsFree + c.contracted
      && c.lhs == c.lhsFree + c.contracted
  }

  // MARK: - Forward

  private mutating func findLinear(_ product: Int) {
    let contract = operation(product)
    guard isLinear(contract), let bias = soleReader(of: contract.outputs[0]),
      operation(bias).primitive == .addBroadcast, operation(bias).inputs[0] == contract.outputs[0],
      isParameter(operation(bias).inputs[1]), case .contract(let c) = contract.primitive,
      program[operation(bias).inputs[1]].type.axes == c.rhsFree
    else { return }
    let y = operation(bias).outputs[0]
    let phase = contract.phase
    if let sum = soleReader(of: y), operation(sum).primitive == .add, operation(sum).phase == phase,
      operation(sum).inputs[1] == y, operation(sum).inputs[0] != y
    {
      return claim([product, bias, sum], .linear(product: product, bias: bias, residual: sum, gelu: nil))
    }
    let gelu = reader(of: y) { $0.primitive == .gelu && $0.phase == phase }
    claim([product, bias, gelu], .linear(product: product, bias: bias, residual: nil, gelu: gelu))
  }

  private mutating func findEmbedding(_ product: Int) {
    let embed = operation(product)
    guard let bias = soleReader(of: embed.outputs[0]), operation(bias).primitive == .addBroadcast,
      program[operation(bias).inputs[1]].type.axes == [.width]
    else { return }
    claim([product, bias], .embedding(product: product, bias: bias))
  }

  private mutating func findAttention(_ softmax: Int) {
    let phase = operation(softmax).phase
    guard let logits = producers[operation(softmax).inputs[0].index], let c = contraction(logits),
      c.output.count == 4, c.shared == [.batch, .heads], c.contracted == [.headWidth],
      let scale = producers[operation(logits).inputs[0].index], operation(scale).primitive == .scaleByHeadWidth,
      let mix = reader(of: operation(softmax).outputs[0], { $0.phase == phase }), contraction(mix) != nil,
      operation(mix).inputs[0] == operation(softmax).outputs[0]
    else { return }
    claim([scale, logits, softmax, mix], .attention(scale: scale, logits: logits, softmax: softmax, mix: mix))
  }

  // MARK: - Backward

  private mutating func findAttentionGradient(_ gradient: Int) {
    let softmaxGradient = operation(gradient)
    let probabilities = softmaxGradient.inputs[0], dLogits = softmaxGradient.outputs[0]
    guard let softmax = producers[probabilities.index], claimed[softmax],
      let logits = producers[operation(softmax).inputs[0].index],
      let scale = producers[operation(logits).inputs[0].index],
      let mix = reader(of: probabilities, { $0.phase != .backward }),
      let dProbabilities = producers[softmaxGradient.inputs[1].index],
      operation(dProbabilities).inputs[1] == operation(mix).inputs[1]
    else { return }
    let dMixed = operation(dProbabilities).inputs[0]
    let scaled = operation(logits).inputs[0], key = operation(logits).inputs[1]
    guard
      let dValue = reader(
        of: probabilities, { $0.phase == .backward && $0.inputs[0] == dMixed && $0.inputs[1] == probabilities }),
      let dKey = reader(of: dLogits, { $0.inputs[0] == dLogits && $0.inputs[1] == scaled }),
      let dScaled = reader(of: dLogits, { $0.inputs[0] == dLogits && $0.inputs[1] == key }),
      let dQuery = soleReader(of: operation(dScaled).outputs[0]), operation(dQuery).primitive == .scaleByHeadWidth,
      let forward = patterns.first(where: { _, pattern in
        if case .attention(scale, logits, softmax, mix) = pattern.kind { true } else { false }
      })?.key
    else { return }
    claim(
      [dValue, dProbabilities, gradient, dKey, dScaled, dQuery],
      .attentionGradient(
        forward: forward, valueGradient: dValue, logitsGradient: gradient, keyGradient: dKey, queryGradient: dQuery))
  }

  private mutating func findMLPGradient(_ gradient: Int) {
    let geluGradient = operation(gradient)
    let hidden = geluGradient.inputs[0], dHidden = geluGradient.outputs[0]
    guard let back = producers[geluGradient.inputs[1].index], isLinearGradient(operation(back)),
      soleReader(of: geluGradient.inputs[1]) == gradient,
      let gelu = reader(of: hidden, { $0.primitive == .gelu })
    else { return }
    let dy = operation(back).inputs[0], activated = operation(gelu).outputs[0]
    guard
      let dDown = reader(of: activated, { $0.phase == .backward && $0.inputs == [dy, activated] }),
      let upBias = reader(of: dHidden, { if case .sum = $0.primitive { true } else { false } }),
      let dUp = reader(
        of: dHidden, { $0.inputs[0] == dHidden && program[$0.outputs[0]].role == .parameterGradient && isContract($0) })
    else { return }
    let downBias = biasGradient(of: dy, before: dDown)
    claim(
      [gradient, back, dDown, upBias, dUp, downBias],
      .mlpGradient(
        gelu: gradient, gradient: back, downGradient: dDown, upGradient: dUp, upBias: upBias, downBias: downBias))
  }

  private func isContract(_ operation: Operation) -> Bool {
    if case .contract = operation.primitive { true } else { false }
  }

  /// The sum of `dy` that is the gradient of the bias of the layer whose weight gradient stands at `product`.
  private func biasGradient(of dy: Value, before product: Int) -> Int? {
    let free: Axes
    switch operation(product).primitive {
    case .contract(let c): free = c.lhsFree
    case .embedPatchesKernelGradient: free = [.width]
    default: return nil
    }
    return readers[dy.index].last { index in
      index < product && !claimed[index] && operation(index).primitive == .sum(output: free)
        && program[operation(index).outputs[0]].role == .parameterGradient
    }
  }

  private mutating func findWeightGradient(_ product: Int) {
    let isEmbedding = operation(product).primitive == .embedPatchesKernelGradient
    if case .contract(let c) = operation(product).primitive {
      guard c.shared.isEmpty, c.output == c.rhsFree + c.lhsFree, c.lhs == c.contracted + c.lhsFree,
        c.rhs == c.contracted + c.rhsFree
      else { return }
    }
    let dy = operation(product).inputs[isEmbedding ? 1 : 0]
    let bias = biasGradient(of: dy, before: product)
    claim([product, bias], .weightGradient(product: product, bias: bias))
  }

  private mutating func findInputGradient(norm: Int) {
    var products: [Int] = [], sums: [Int] = []
    let isSum = collect(operation(norm).inputs[2], &products, &sums)
    if !isSum { (products, sums) = ([], []) }
    let sum = residualSum(of: operation(norm).outputs[0])
    claim(products + sums + [norm, sum], .inputGradient(products: products, norm: norm, sum: sum))
  }

  private mutating func findInputGradient(product: Int) {
    guard isLinearGradient(operation(product)) else { return }
    let sum = residualSum(of: operation(product).outputs[0])
    claim([product, sum], .inputGradient(products: [product], norm: nil, sum: sum))
  }

  /// The sum that adds `gradient` to the gradient of the residual stream, which may then be overwritten.
  private func residualSum(of gradient: Value) -> Int? {
    guard let sum = soleReader(of: gradient), operation(sum).primitive == .add, operation(sum).inputs[1] == gradient,
      readers[operation(sum).inputs[0].index].allSatisfy({ $0 <= sum })
    else { return nil }
    return sum
  }

  /// Whether `value` is a sum of products with parameters that nothing else reads.
  private func collect(_ value: Value, _ products: inout [Int], _ sums: inout [Int]) -> Bool {
    guard let producer = producers[value.index], readers[value.index].count == 1, !claimed[producer] else {
      return false
    }
    if isLinearGradient(operation(producer)) {
      products.append(producer)
      return products.count <= 3
    }
    guard operation(producer).primitive == .add, operation(producer).phase == .backward else { return false }
    sums.append(producer)
    return operation(producer).inputs.allSatisfy { collect($0, &products, &sums) }
  }
}
