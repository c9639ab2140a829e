import VisionTransformer

/// Writes the whole step: the model's forward pass, the loss, the backward pass and the update.
struct ModelWriter {
  private let structure: StepStructure
  private var b = ProgramBuilder()
  private var parameters: [Value] = []

  init(_ structure: StepStructure) { self.structure = structure }

  mutating func write(depth: Int) throws(ShapeError) -> Program {
    b.scope = Scope(.stem)
    let images = b.argument(
      "images", TensorType([.batch, .imageRows, .imageColumns, .channels], .float32), .images)
    b.scope = Scope(.loss)
    let labels = b.argument("labels", TensorType([.batch, .classes], .float32), .labels)

    var x = try stem(images)
    var blocks: [(input: Value, operations: Range<Int>)] = []
    let stemEnd = b.program.operations.count
    for block in 0..<depth {
      let start = b.program.operations.count
      let input = x
      x = try encoderBlock(x, block)
      blocks.append((input, start..<b.program.operations.count))
    }
    let headStart = b.program.operations.count
    let logits = try head(x)
    b.scope = Scope(.loss)
    let loss = try b.apply(.sigmoidCrossEntropy, b.convert(logits, to: .float32), labels)
    let end = b.program.operations.count

    b.seed(loss, gradient: loss)
    try b.differentiate(headStart..<end)
    for block in blocks.reversed() {
      try b.differentiate(block.operations, recomputing: structure.recomputesBlocks ? block.input : nil)
    }
    try b.differentiate(0..<stemEnd)
    let (written, counter) = try UpdateWriter(structure).write(parameters, &b)
    return b.finish { program in
      program.images = images
      program.labels = labels
      program.loss = loss
      program.parameters = written
      program.counter = counter
    }
  }

  // MARK: - The model

  // images (B,R,R,3) -> (B,T,D)
  private mutating func stem(_ images: Value) throws(ShapeError) -> Value {
    b.scope = Scope(.stem)
    let kernel = try weight("embedding/kernel", [.patchRows, .patchColumns, .channels, .width], .patchKernel)
    let bias = try weight("embedding/bias", [.width])
    let hasToken = structure.head == .token
    var x = try b.apply(
      .embedPatches(positions: hasToken ? .patches : .tokens), b.convert(images, to: structure.activation), kernel)
    x = try b.apply(.addBroadcast, x, bias)
    if hasToken {
      let token = try b.apply(.broadcast(output: [.batch, .one, .width]), weight("cls", [.one, .one, .width]))
      x = try b.apply(.prependToken, token, x)
    }
    return try b.apply(.addBroadcast, x, weight("pos_embedding", [.one, .tokens, .width], .positions))
  }

  // x (B,T,D) -> (B,T,D)
  private mutating func encoderBlock(_ x: Value, _ block: Int) throws(ShapeError) -> Value {
    b.scope = Scope(.attention, block: block)
    let name = "block\(block)"
    let normed = try layerNorm(x, "\(name)/norm1")
    let attended = try b.apply(.add, x, attention(normed, normed, queries: .tokens, "\(name)/attention"))
    b.scope = Scope(.mlp, block: block)
    return try b.apply(.add, attended, mlp(layerNorm(attended, "\(name)/norm2"), "\(name)/mlp"))
  }

  // queries (B,Q,D), keys and values from x (B,T,D) -> (B,Q,D)
  private mutating func attention(
    _ queries: Value, _ x: Value, queries q: Axis, _ name: String
  ) throws(ShapeError) -> Value {
    let query = try projection(queries, "\(name)/query", tokens: q)
    let key = try projection(x, "\(name)/key", tokens: .keyTokens)
    let value = try projection(x, "\(name)/value", tokens: .keyTokens)
    let logits = try b.contract(
      Contraction(
        [.batch, q, .heads, .headWidth], [.batch, .keyTokens, .heads, .headWidth], [.batch, .heads, q, .keyTokens]),
      b.apply(.scaleByHeadWidth, query), key, as: .attentionLogits)
    let mixed = try b.contract(
      Contraction(
        [.batch, .heads, q, .keyTokens], [.batch, .keyTokens, .heads, .headWidth], [.batch, q, .heads, .headWidth]),
      b.apply(.softmax, logits), value, as: .attentionMix)
    let out = try b.contract(
      Contraction([.batch, q, .heads, .headWidth], [.heads, .headWidth, .width], [.batch, q, .width]),
      mixed, weight("\(name)/out/kernel", [.heads, .headWidth, .width], .attentionKernel), as: .attentionOutput)
    return try b.apply(.addBroadcast, out, weight("\(name)/out/bias", [.width]))
  }

  // x (B,t,D) -> (B,t,H,d)
  private mutating func projection(_ x: Value, _ name: String, tokens: Axis) throws(ShapeError) -> Value {
    let y = try b.contract(
      Contraction([.batch, tokens, .width], [.width, .heads, .headWidth], [.batch, tokens, .heads, .headWidth]),
      x, weight("\(name)/kernel", [.width, .heads, .headWidth], .attentionKernel), as: .projection)
    return try b.apply(.addBroadcast, y, weight("\(name)/bias", [.heads, .headWidth]))
  }

  // x (B,t,D) -> (B,t,D)
  private mutating func mlp(_ x: Value, _ name: String) throws(ShapeError) -> Value {
    let tokens = b.type(x).axes[1]
    let up = try dense(x, "\(name)/up", [.batch, tokens, .width], .mlpWidth, .mlpKernel, as: .mlpUp)
    return try dense(
      b.apply(.gelu, up), "\(name)/down", [.batch, tokens, .mlpWidth], .width, .mlpKernel, as: .mlpDown)
  }

  // x (B,T,D) -> (B,C)
  private mutating func head(_ x: Value) throws(ShapeError) -> Value {
    b.scope = Scope(.head)
    let normed = try layerNorm(x, "norm")
    let pooled: Value
    switch structure.head {
    case .token: pooled = try b.apply(.takeToken, normed)
    case .gap: pooled = try b.apply(.meanTokens, normed)
    case .map:
      let probe = try b.apply(.broadcast(output: [.batch, .one, .width]), weight("map/probe", [.one, .one, .width]))
      let attended = try attention(probe, normed, queries: .one, "map/attention")
      let y = try b.apply(.add, attended, mlp(layerNorm(attended, "map/norm"), "map/mlp"))
      pooled = try b.apply(.sum(output: [.batch, .width]), y)
    }
    return try dense(pooled, "classifier", [.batch, .width], .classes, .classifier, as: .classifier)
  }

  // MARK: - Layers

  private mutating func dense(
    _ x: Value, _ name: String, _ axes: Axes, _ output: Axis, _ kind: ParameterKind, as product: Product
  ) throws(ShapeError) -> Value {
    let input = axes[axes.count - 1]
    let y = try b.contract(
      Contraction(axes, [input, output], axes.dropLast() + [output]), x,
      weight("\(name)/kernel", [input, output], kind), as: product)
    return try b.apply(.addBroadcast, y, weight("\(name)/bias", [output]))
  }

  private mutating func layerNorm(_ x: Value, _ name: String) throws(ShapeError) -> Value {
    // Scale and bias stay float32: Flax normalises in float32 and casts the result.
    try b.apply(.layerNorm, x, parameter("\(name)/scale", [.width]), parameter("\(name)/bias", [.width]))
  }

  private mutating func parameter(_ name: String, _ axes: Axes, _ kind: ParameterKind = .vector) -> Value {
    let value = b.argument(name, TensorType(axes, .float32), .parameter, kind: kind)
    parameters.append(value)
    return value
  }

  // A parameter as its layer uses it, cast to the activations' type.
  private mutating func weight(
    _ name: String, _ axes: Axes, _ kind: ParameterKind = .vector
  ) throws(ShapeError) -> Value {
    try b.convert(parameter(name, axes, kind), to: structure.activation)
  }
}
