import Scheduling
import TrainingStep

extension StepLowering {
  /// The residual stream before a layer norm, and the norm's statistics.
  struct Residual {
    /// The nodes that it is read from: itself, or in the first block the patches and what is added to them.
    var stream: [Int]
    /// The patches and the positions, where their sum is written too.
    var parts: [Int] = []
    /// Sums over the width, and the mean and the reciprocal deviation that follow from them.
    var sum: Int, squares: Int, mean: Int, deviation: Int
    /// Parameters of the norm.
    var scale: Int, bias: Int
    /// Whether it is the first of the step.
    var isFirst = false

    /// What a product reads that computes the norm again.
    var normed: [Int] {
      isFirst ? [bias, scale, deviation, mean] + stream : stream + [bias, scale, deviation, mean]
    }
  }

  /// What a block keeps for its backward pass.
  struct Block {
    var index: Int
    var first: Residual, second: Residual
    var query: Int, key: Int, value: Int, logits: Int, maximum: Int, sum: Int, reciprocal: Int, mix: Int, hidden: Int
  }

  /// A gradient of the residual stream on its way down.
  enum Upstream {
    /// Through the layer norm after the block.
    case norm(NormGradient)
    /// The same, added up by each of its readers, because the head's gradient is one vector an image.
    case unwritten(NormGradient)
  }

  /// The gradient through a layer norm, before it is added to the residual stream.
  struct NormGradient {
    var residual: Residual
    /// Statistics of the gradient.
    var mean: Int, deviation: Int
    /// The gradient of the norm's result, and that of the residual stream itself if there is one.
    var gradient: Int
    var stream: Int?
    /// Operands in their order.
    var operands: [Int] {
      [deviation] + residual.stream + [mean] + (stream.map { [$0] } ?? [])
        + [residual.scale, residual.deviation, gradient]
    }
    /// The same where the gradient of the norm's result is one vector an image.
    var vectorOperands: [Int] {
      [gradient] + residual.stream + [deviation, mean, residual.scale, residual.deviation]
    }
  }

  // MARK: - Forward

  /// The layer norm after a product: statistics and the sum with the residual stream in one piece of work.
  mutating func norm(
    _ origin: String, _ parameters: String, _ operands: [Int], place: Int
  ) -> Residual {
    let node = writer.add("\(origin)/layerNorm", Pass.norm(place), operands, moment, moment, stream)
    return residual(of: node, stream: [writer.element(2, of: node)], origin, parameters, place: place)
  }

  mutating func residual(
    of node: Int, stream: [Int], _ origin: String, _ parameters: String, place: Int
  ) -> Residual {
    let sums = [writer.element(0, of: node), writer.element(1, of: node)]
    let moments = writer.add("\(origin)/layerNorm", Pass.moments(place), sums, moment, moment)
    return Residual(
      stream: stream, sum: sums[0], squares: sums[1], mean: writer.element(0, of: moments),
      deviation: writer.element(1, of: moments), scale: argument("\(parameters)/scale"),
      bias: argument("\(parameters)/bias"))
  }

  // The last blocks come first.
  func descending(_ index: Int, _ place: Int = 0) -> Int { (depth - index) * 8 + place }
  func ascending(_ index: Int, _ place: Int = 0) -> Int { index * 8 + place }

  mutating func writeForward(_ index: Int, _ input: Residual) -> Block {
    let name = "block\(index)", attention = "forward/block\(index)/attention", mlp = "forward/block\(index)/mlp"
    var projections: [Int] = []
    for (place, kind) in ["key", "query", "value"].enumerated() {
      let bias = cast("\(name)/attention/\(kind)/bias", attention)
      projections.append(
        writer.add(
          "\(attention)/contract", Pass.projection(descending(index, place)),
          [bias, kernel("\(name)/attention/\(kind)/kernel", attention)] + input.normed, projection))
    }
    let (key, query, value) = (projections[0], projections[1], projections[2])
    let softmax = writer.add(
      "\(attention)/softmax", Pass.softmaxFusion(ascending(index)), [query, key], statistic, logits)
    let maximum = writer.element(0, of: softmax), written = writer.element(1, of: softmax)
    let sum = writer.add("\(attention)/softmax", Pass.softmaxSum(ascending(index)), [written, maximum], statistic)
    let reciprocal = writer.add(
      "\(attention)/softmax", Pass.softmax(ascending(index)), [sum], statistic, replacing: [sum])
    let mix = writer.add(
      "\(attention)/contract", Pass.mix(descending(index)), [value, written, sum, maximum], byHead)
    let out = [cast("\(name)/attention/out/bias", attention), kernel("\(name)/attention/out/kernel", attention), mix]
    let second = norm(
      mlp, "\(name)/norm2", input.isFirst ? out + firstStream(input) : input.stream + out,
      place: descending(index, 1))
    let up = cast("\(name)/mlp/up/bias", mlp)
    let hidden = writer.add(
      "\(mlp)/contract", Pass.up(descending(index)), [up] + second.normed + [argument("\(name)/mlp/up/kernel")], hidden)
    return Block(
      index: index, first: input, second: second, query: query, key: key, value: value, logits: written,
      maximum: maximum, sum: sum, reciprocal: reciprocal, mix: mix, hidden: hidden)
  }

  // The patches and what is added to them, as the second norm reads them.
  private func firstStream(_ residual: Residual) -> [Int] {
    residual.stream.count == 2 ? residual.stream.reversed() : residual.stream
  }

  /// The residual stream after a block, with the statistics of the next norm.
  mutating func output(of block: Block) -> Residual {
    let isLast = block.index == depth - 1, name = "block\(block.index)"
    let bias = cast("\(name)/mlp/down/bias", "forward/\(name)/mlp")
    return norm(
      isLast ? "forward/head" : "forward/block\(block.index + 1)/attention",
      isLast ? "norm" : "block\(block.index + 1)/norm1",
      block.second.stream + [bias, argument("\(name)/mlp/down/kernel"), block.hidden],
      place: isLast ? 0 : descending(block.index + 1, 2))
  }

  // MARK: - Backward

  mutating func writeBackward(_ block: Block, _ upstream: Upstream) -> Upstream {
    let name = "block\(block.index)", mlp = "backward/\(name)/mlp"
    let down = argument("\(name)/mlp/down/kernel"), place = block.index
    let bias = gradientArray("\(name)/mlp/up/bias"), downBias = gradientArray("\(name)/mlp/down/bias")
    // The gradient of the hidden layer, and what the down kernel's gradient reads in place of the stream's gradient.
    let ofHidden: Int, ofOutput: [Int], stream: Int?
    switch upstream {
    case .norm(let norm):
      let sum = writer.add("\(mlp)/sum", Pass.sums(descending(place, 0)), norm.operands, downBias, self.stream)
      gradients["\(name)/mlp/down/bias"] = writer.element(0, of: sum)
      let written = writer.element(1, of: sum)
      stream = written
      ofHidden = writer.add(
        "\(mlp)/sum", Pass.hiddenGradient(ascending(place)), [block.hidden, written, down], bias, hidden)
      ofOutput = [written, block.hidden]
    case .unwritten(let norm):
      stream = nil
      let read = configuration.head == .token ? norm.vectorOperands : meanOperands(norm)
      ofHidden = writer.add(
        "\(mlp)/sum", Pass.hiddenGradient(ascending(place)), [block.hidden, down] + read, bias, hidden)
      ofOutput = [block.hidden] + read
    }
    let gradient = writer.element(1, of: ofHidden)
    gradients["\(name)/mlp/up/bias"] = writer.element(0, of: ofHidden)
    gradients["\(name)/mlp/up/kernel"] = writer.add(
      "\(mlp)/contract", Pass.upGradient(ascending(place)), [gradient] + block.second.normed,
      gradientArray("\(name)/mlp/up/kernel"))
    gradients["\(name)/mlp/down/kernel"] = writer.add(
      "\(mlp)/contract", Pass.downGradient(ascending(place)), ofOutput, gradientArray("\(name)/mlp/down/kernel"))
    let norm = normGradient(
      mlp, block.second, "\(name)/norm2", [gradient, argument("\(name)/mlp/up/kernel")], stream: stream,
      place: descending(place, 1))
    return writeAttentionBackward(block, norm, unwritten: upstream)
  }

  private func meanOperands(_ norm: NormGradient) -> [Int] {
    norm.residual.stream + [norm.deviation, norm.mean, norm.gradient, norm.residual.scale, norm.residual.deviation]
  }

  /// The gradient through a layer norm: sums for its parameters and statistics, and the norm's own gradient.
  mutating func normGradient(
    _ origin: String, _ residual: Residual, _ parameters: String, _ product: [Int], stream: Int?, place: Int
  ) -> NormGradient {
    let scale = vector(width, .float32)
    let node = writer.add(
      "\(origin)/layerNormGradient", Pass.normGradient(place),
      residual.stream + [residual.deviation, residual.mean, residual.scale] + product, scale, moment, moment, scale,
      self.stream)
    gradients["\(parameters)/scale"] = writer.element(0, of: node)
    gradients["\(parameters)/bias"] = writer.element(3, of: node)
    let moments = gradientMoments(
      origin, [residual.sum, writer.element(2, of: node), writer.element(1, of: node), residual.squares], place: place)
    return NormGradient(
      residual: residual, mean: moments.mean, deviation: moments.deviation, gradient: writer.element(4, of: node),
      stream: stream)
  }

  /// Few images leave a row of eight unfilled, and the deviation is then computed apart.
  mutating func gradientMoments(_ origin: String, _ operands: [Int], place: Int) -> (mean: Int, deviation: Int) {
    let node = writer.add(
      "\(origin)/layerNormGradient", Pass.momentGradient(descendingPlace(place)), operands, moment, moment)
    var deviation = writer.element(1, of: node)
    if batch <= 4 {
      deviation = writer.add("\(origin)/layerNormGradient", Pass.moments(-1 - place), [deviation], moment)
    }
    return (writer.element(0, of: node), deviation)
  }

  private func descendingPlace(_ place: Int) -> Int { (depth + 2) * 8 - place }

  private mutating func writeAttentionBackward(
    _ block: Block, _ norm: NormGradient, unwritten upstream: Upstream
  ) -> Upstream {
    let name = "block\(block.index)", origin = "backward/\(name)/attention", index = block.index
    let outBias = gradientArray("\(name)/attention/out/bias")
    let sum: Int
    if case .unwritten(let head) = upstream {
      let read = configuration.head == .token ? lastToken(head) : lastMean(head)
      sum = writer.add(
        "\(origin)/sum", Pass.sums(descending(index, 1)), norm.operands + read, outBias, stream,
        gradientArray("\(name)/mlp/down/bias"))
      gradients["\(name)/mlp/down/bias"] = writer.element(2, of: sum)
    } else {
      sum = writer.add("\(origin)/sum", Pass.sums(descending(index, 1)), norm.operands, outBias, stream)
    }
    gradients["\(name)/attention/out/bias"] = writer.element(0, of: sum)
    let written = writer.element(1, of: sum)
    gradients["\(name)/attention/out/kernel"] = writer.add(
      "\(origin)/contract", Pass.outputKernelGradient(ascending(index)), [written, block.mix],
      gradientArray("\(name)/attention/out/kernel"))
    let ofOutput = writer.add(
      "\(origin)/contract", Pass.outputGradient(descending(index)),
      [written, kernel("\(name)/attention/out/kernel", origin)], hasHeadsFirst ? byHead : projection)

    let pair = hasHeadsFirst ? [ofOutput, block.value] : [block.value, ofOutput]
    let softmax = writer.add(
      "\(origin)/softmaxGradient", Pass.logitsGradient(ascending(index)),
      [block.logits, block.reciprocal, block.maximum] + pair, statistic, logits)
    let products = writer.element(1, of: softmax)
    let negative = writer.add(
      "\(origin)/softmaxGradient", Pass.negation(descending(index)), [writer.element(0, of: softmax)], statistic)
    var read = [products, block.logits, negative, block.sum, block.maximum]
    if writesLogitsGradient {
      read = [writer.add("\(origin)/softmaxGradient", Pass.logitsGradient(ascending(index, 1)), read, logits)]
    }
    func operands(_ other: Int) -> [Int] { writesLogitsGradient ? read + [other] : [other] + read }
    let byToken = TiledArray(
      .bfloat16, [batch, heads, tokens, headWidth], [2, 3, 1, 0], [3, 2, 1, 0])
    var sums: [String: Int] = [:]
    for (place, (kind, reads)) in [
      ("query", operands(block.key)), ("key", operands(block.query)),
      (
        "value",
        hasHeadsFirst
          ? [ofOutput, block.logits, block.sum, block.maximum] : [block.logits, block.sum, block.maximum, ofOutput]
      ),
    ].enumerated() {
      let node = writer.add(
        "\(origin)/sum", Pass.projectionGradient(ascending(index, place)), reads, headBias,
        kind == "value" ? byHead : byToken)
      sums[kind] = writer.element(1, of: node)
      gradients["\(name)/attention/\(kind)/bias"] = writer.element(0, of: node)
    }
    for (place, kind) in ["value", "key", "query"].enumerated() {
      gradients["\(name)/attention/\(kind)/kernel"] = writer.add(
        "\(origin)/contract", Pass.projectionKernelGradient(descending(index, place)),
        [sums[kind] ?? 0] + block.first.normed, gradientArray("\(name)/attention/\(kind)/kernel"))
    }
    // Two of the three gradients of the norm's result are written, the third is part of the sum.
    let kinds = hasHeadsFirst ? ["key", "value"] : ["query", "key"], last = hasHeadsFirst ? "query" : "value"
    var inputs: [Int] = []
    for (place, kind) in kinds.enumerated() {
      inputs.append(
        writer.add(
          "\(origin)/contract", Pass.inputGradient(descending(index, 1 - place)),
          [sums[kind] ?? 0, kernel("\(name)/attention/\(kind)/kernel", origin)], stream))
    }
    let own = [kernel("\(name)/attention/\(last)/kernel", origin), sums[last] ?? 0]
    let product = hasHeadsFirst ? own + inputs : inputs + own
    guard index > 0 else { return .norm(firstNormGradient(block.first, product, stream: written)) }
    return .norm(
      normGradient(
        origin, block.first, "\(name)/norm1", product, stream: written, place: descending(index, 2)))
  }

  private func lastToken(_ head: NormGradient) -> [Int] {
    [head.deviation] + head.residual.stream + [head.mean, head.residual.scale, head.residual.deviation, head.gradient]
  }

  private func lastMean(_ head: NormGradient) -> [Int] { lastToken(head) }
}
