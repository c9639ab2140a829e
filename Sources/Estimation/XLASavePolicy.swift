import TrainingStep
import VisionTransformer

/// The tensors that XLA:TPU keeps in a training step of unrolled layers.
///
/// Each block keeps until its backward: the residual stream before and after attention, query, key, value, attention
/// output, attention logits, softmax statistics, and the MLP's hidden layer before GELU. Layer norms, softmax and GELU
/// are recomputed where they are read. Everything else is fused. A chip of TPUv4 keeps the softmax too, and TPUv6e in float32
/// the logits before scaling, and queries, keys and values in float32 (`TPUFigures.writtenSoftmax`, `writtenProducts`).
/// Source: live sets of scheduled programs of libtpu 0.0.17.1 just before rematerialization; Facts, "What a block keeps".
struct XLASavePolicy: SavePolicy {
  let structure: StepStructure
  let regime: XLARegime

  private var activation: ElementType { structure.activation }
  /// Whether a block keeps a second tensor of the size of its logits: its softmax, or the logits before scaling.
  private var keepsSoftmax: Bool { regime.writesSoftmax || regime.keepsUnscaledLogits }
  /// The type in which a block keeps queries, keys and values.
  var projected: ElementType { regime.writesProducts && !regime.batchMajor ? activation : .bfloat16 }

  func schedule(_ program: Program) -> XLASchedule { XLASchedule(program, structure: structure, regime: regime) }

  func buffer(of value: Value, madeBy operation: Operation, in program: Program) -> Buffer? {
    let info = program[value]
    if info.role == .parameterGradient { return gradientBuffer(info, madeBy: operation) }
    switch operation.phase {
    case .forward, .recompute: return forwardBuffer(info, madeBy: operation, in: program)
    case .backward: return backwardBuffer(info, madeBy: operation, in: program)
    case .update: return nil  // Donated arguments take the results.
    }
  }

  /// A softmax is computed from its logits wherever it is read. Where it is written, its gradient still does so, and the
  /// gradient of the values alone reads it. The logits before scaling take its place and are read by both.
  func operands(of operation: Operation, in program: Program) -> [Value] {
    guard keepsSoftmax, operation.primitive == .softmaxGradient, operation.scope.part == .attention,
      let maker = program[operation.inputs[0]].maker
    else { return operation.inputs }
    let logits = program.operations[maker].inputs
    return logits + (regime.writesSoftmax ? Array(operation.inputs.dropFirst()) : operation.inputs)
  }

  func statistics(of operation: Operation, in program: Program) -> [Buffer] {
    guard operation.phase == .forward || operation.phase == .recompute else { return [] }
    switch operation.primitive {
    case .addBroadcast where addsPositions(operation, in: program):
      // The positional embedding, cast, with the convolution's bias added.
      return [Buffer(TensorType([.tokens, .width], .bfloat16), minor: .among([MinorPair(secondMinor: 0, minor: 1)]))]
    case .embedPatches:
      // Unless the batch is on lanes, the convolution reads a bfloat16 copy of the images, even with float32
      // activations.
      if !regime.copiesImages || structure.precision == .float32 && regime.imagesOnLanes { return [] }
      return [images(program[operation.inputs[0]].type)]
    case .softmax where operation.scope.block != nil:
      // Running maximum, sum and its reciprocal, one a query: (B, H, T).
      let axes = program[operation.outputs[0]].type.axes.dropLast()
      let statistic = Buffer(TensorType(axes, activation), minor: .among([MinorPair(secondMinor: 1, minor: 2)]))
      return Array(repeating: statistic, count: 3)
    case .layerNorm where operation.scope.block != nil:
      // Mean and reciprocal deviation, one a token, float32.
      return Array(repeating: Buffer(TensorType([.batch, .tokens], .float32)), count: 2)
    case .scaleByHeadWidth where operation.scope.block != nil && regime.keepsKernels:
      let kernel = Buffer(TensorType([.width, .heads, .headWidth], .bfloat16))
      return Array(repeating: kernel, count: regime.keepsOutputKernel ? 4 : 3)
    default: return []
    }
  }

  func scratch(of operation: Operation, in program: Program) -> [Buffer] {
    guard operation.primitive == .layerNorm, operation.scope.part == .head, structure.head == .token,
      operation.phase == .forward
    else { return [] }
    // The last norm of a model with a class token is computed in float32 and written in full.
    return Array(repeating: tokenTensor([.batch, .tokens, .width], .float32), count: 2)
  }

  func recomputes(_ operation: Operation) -> Bool {
    guard operation.scope.block != nil, operation.phase == .forward else { return false }
    switch operation.primitive {
    case .contract: return operation.product == .attentionLogits
    case .addBroadcast where operation.scope.part == .mlp: return true
    case .softmax: return keepsSoftmax
    // If queries, keys and values are copies, the residual stream after them cannot be recomputed either.
    case .addBroadcast, .scaleByHeadWidth, .add: return operation.scope.part == .attention && !regime.copiesQueries
    default: return false
    }
  }

  // MARK: - Which values are kept

  private func forwardBuffer(_ info: ValueInfo, madeBy operation: Operation, in program: Program) -> Buffer? {
    switch (operation.primitive, operation.scope.part) {
    case (.addBroadcast, .stem) where addsPositions(operation, in: program):
      // The first block's input stays as the convolution wrote it: images on sublanes.
      return Buffer(
        TensorType([.tokens, .batch, .width], activation), minor: .among([MinorPair(secondMinor: 1, minor: 2)]))
    case (.scaleByHeadWidth, .attention): return attentionTensor(info.type, isOutput: false, element: projected)
    case (.scaleByHeadWidth, _): return attentionTensor(info.type, isOutput: false)
    case (.addBroadcast, .attention) where info.type.axes.last == .headWidth:
      return info.type.axes.contains(.keyTokens)
        ? attentionTensor(info.type, isOutput: false, element: projected) : nil
    case (.addBroadcast, .head) where info.type.axes == [.batch, .keyTokens, .heads, .headWidth]:
      return attentionTensor(info.type, isOutput: false)
    case (.contract, .attention) where operation.product == .attentionLogits: return logits(info.type.axes, activation)
    case (.softmax, .attention) where keepsSoftmax: return logits(info.type.axes, activation)
    case (.contract, .attention) where operation.product == .attentionMix:
      return attentionTensor(info.type, isOutput: true)
    case (.addBroadcast, .mlp) where info.type.axes.last == .mlpWidth: return tokenTensor(info.type.axes, activation)
    case (.add, .attention), (.add, .mlp): return tokenTensor(info.type.axes, activation)
    case (.takeToken, .head), (.meanTokens, .head), (.sum, .head), (.add, .head): return Buffer(info.type)
    case (.contract, .head) where info.type.axes.contains(.one): return Buffer(info.type)
    default: return nil
    }
  }

  private func backwardBuffer(_ info: ValueInfo, madeBy operation: Operation, in program: Program) -> Buffer? {
    let axes = info.type.axes
    switch (operation.primitive, operation.scope.part) {
    case (.geluGradient, .mlp): return tokenTensor(axes, .bfloat16)
    case (.contract, .attention) where isOfHeads(operation):
      if operation.product == .attentionLogits, operation.operand == .left {
        return attentionTensor(info.type, isOutput: false, element: projected)
      }
      let isOutputGradient = operation.product == .attentionOutput
      return attentionTensor(
        info.type, isOutput: false, element: isOutputGradient && activation == .float32 ? .float32 : .bfloat16)
    case (.contract, .attention) where operation.product == .attentionMix && operation.operand == .left:
      return logits(axes, activation)
    case (.softmaxGradient, .attention) where regime.writesLogitsGradient: return logits(axes, activation)
    case (.add, .attention) where endsLayerNorm(operation, in: program),
      (.add, .mlp) where endsLayerNorm(operation, in: program):
      // The gradient of the residual stream; the sums of query, key and value gradients before it are fused.
      return tokenTensor(axes, activation)
    case (.convert, .head) where axes == [.batch, .classes]: return Buffer(TensorType(axes, .bfloat16))
    case (.layerNormGradient, .head) where axes == [.batch, .tokens, .width]: return tokenTensor(axes, activation)
    default: return nil
    }
  }

  private func gradientBuffer(_ info: ValueInfo, madeBy operation: Operation) -> Buffer? {
    switch operation.primitive {
    case .contract, .sum, .embedPatchesKernelGradient, .layerNormGradient: return Buffer(info.type)
    default: return nil  // Casts, the all-reduce and clipping are accounted for by `GradientTail`.
    }
  }

  private func addsPositions(_ operation: Operation, in program: Program) -> Bool {
    operation.scope.part == .stem && operation.primitive == .addBroadcast
      && program[operation.inputs[1]].kind == .positions
  }

  private func endsLayerNorm(_ operation: Operation, in program: Program) -> Bool {
    operation.inputs.contains { program[$0].maker.map { program.operations[$0].primitive } == .layerNormGradient }
  }

  // The gradients of queries, keys, values and the attention output: (B, t, H, d).
  private func isOfHeads(_ operation: Operation) -> Bool {
    switch operation.product {
    case .attentionLogits: true
    case .attentionMix: operation.operand == .right
    case .attentionOutput: operation.operand == .left
    case .projection, .mlpUp, .mlpDown, .classifier, nil: false
    }
  }

  // MARK: - How they are laid out

  // (B, T, X): width or tokens on lanes, tokens or (if batch-major) images on sublanes.
  func tokenTensor(_ axes: Axes, _ element: ElementType) -> Buffer {
    guard axes.count == 3 else { return Buffer(TensorType(axes, element)) }
    let outer = regime.batchMajor ? 0 : 1
    return Buffer(
      TensorType(axes, element),
      minor: .among([MinorPair(secondMinor: outer, minor: 2), MinorPair(secondMinor: 2, minor: outer)]))
  }

  // (B, H, T, T): tokens on lanes.
  func logits(_ axes: Axes, _ element: ElementType) -> Buffer {
    Buffer(
      TensorType(axes, element),
      minor: .among([MinorPair(secondMinor: 2, minor: 3), MinorPair(secondMinor: 3, minor: 2)]))
  }

  // (B, t, H, d): tokens on lanes, or the head's width if that pads less.
  func attentionTensor(_ type: TensorType, isOutput: Bool, element: ElementType = .bfloat16) -> Buffer {
    var pairs: MinorPairs = [MinorPair(secondMinor: 1, minor: 3), MinorPair(secondMinor: 3, minor: 1)]
    if !isOutput, regime.batchMajorQueries { pairs = [MinorPair(secondMinor: 0, minor: 3)] }
    if isOutput, regime.batchLanesOutput { pairs.add(MinorPair(secondMinor: 3, minor: 0)) }
    return Buffer(type.with(element), minor: .among(pairs))
  }

  // (B, R, R, 3): a bfloat16 copy of the images, with the batch or the colours on lanes.
  private func images(_ type: TensorType) -> Buffer {
    let pairs: MinorPairs =
      regime.singleImage
      ? [MinorPair(secondMinor: 1, minor: 2)]
      : regime.imagesOnLanes
        ? [MinorPair(secondMinor: 1, minor: 0)]
        : [MinorPair(secondMinor: 3, minor: 0), MinorPair(secondMinor: 0, minor: 3)]
    return Buffer(type.with(.bfloat16), minor: .among(pairs))
  }
}
