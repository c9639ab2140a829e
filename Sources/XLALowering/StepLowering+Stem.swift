import Scheduling
import TrainingStep

extension StepLowering {
  /// The patches, and what their gradient reads.
  struct Stem {
    var residual: Residual
    /// The images as the convolution reads them.
    var images: Int
  }

  private var patches: TiledArray { TiledArray(.bfloat16, [batch, side, side, width], [3, 0, 2, 1]) }
  private var patchMoment: TiledArray { TiledArray(.float32, [batch, side, side], [0, 2, 1]) }
  private var tokenMajor: TiledArray { TiledArray(.float32, [batch, tokens], [0, 1]) }
  /// Whether the rows of a grid of patches fill their tiles, so that it is the list of tokens without a move.
  private var isGridWhole: Bool { side % 8 == 0 }

  /// Whether the patch kernel's gradient is applied in the layout of its convolution, and the result is moved.
  var updatesPatchKernelAsItIs: Bool {
    switch configuration.optimizer {
    case .sgd: true
    case .sgdMomentum: configuration.gradientClipping == .globalNorm || configuration.shape.patch % 8 != 0
    case .adam, .adamHalf, .adafactor: false
    }
  }

  mutating func writeStem() -> Stem {
    let size = configuration.imageSize
    let cast = writer.add(
      "forward/stem/convert", Pass.argument(0), [argument("images")],
      TiledArray(.bfloat16, [batch, size, size, 3], [2, 1, 3, 0]))
    let images = writer.add(
      "forward/stem/convert", .copy, Pass.copy(0), [cast],
      TiledArray(.bfloat16, [batch, size, size, 3], [0, 3, 2, 1]))
    let kernel = self.cast("embedding/kernel", "forward/stem"), bias = self.cast("embedding/bias", "forward/stem")
    let positions = writer.add(
      "forward/stem/addBroadcast", Pass.result(0), [argument("pos_embedding")], residualRows)
    return configuration.head == .token
      ? writeTokenStem(images, kernel, bias, positions) : writePatchStem(images, kernel, bias, positions)
  }

  private var residualRows: TiledArray {
    TiledArray(.bfloat16, [tokens, width], hasTokensOnLanes ? [0, 1] : [1, 0])
  }

  private mutating func writeTokenStem(_ images: Int, _ kernel: Int, _ bias: Int, _ positions: Int) -> Stem {
    let embedded = writer.add("forward/stem/embedPatches", Pass.firstNorm(0), [images, bias, kernel], patches)
    let list = TiledArray(.bfloat16, [batch, side * side, width], [2, 0, 1])
    let named = writer.add("forward/stem/addBroadcast", .alias, Pass.alias(0), [embedded], list)
    let copied = writer.add(
      "forward/stem/addBroadcast", .copy, Pass.copy(1), [named],
      residual(.bfloat16, [batch, side * side, width]))
    let token = writer.add("forward/stem/convert", Pass.headForward(0), [argument("cls")], vector(width))
    let repeated = writer.add(
      "forward/stem/broadcast", Pass.argument(1), [token], TiledArray(.bfloat16, [batch, 1, width]))
    let stream = [positions, copied, repeated]
    let node = writer.add("forward/block0/attention/layerNorm", Pass.norm(descending(0, 2)), stream, moment, moment)
    var residual = residual(
      of: node, stream: stream, "forward/block0/attention", "block0/norm1", place: descending(0, 2))
    residual.isFirst = true
    return Stem(residual: residual, images: images)
  }

  private mutating func writePatchStem(_ images: Int, _ kernel: Int, _ bias: Int, _ positions: Int) -> Stem {
    let origin = "forward/block0/attention/layerNorm"
    let cast = self.cast("pos_embedding", "forward/stem")
    let grid = writer.add(
      "forward/stem/convert", isGridWhole ? .alias : .work, Pass.argument(2), [cast],
      TiledArray(.bfloat16, [side, side, width]))
    let node = writer.add(origin, Pass.firstNorm(0), [grid, bias, images, kernel], patchMoment, patchMoment, patches)
    func listed(_ moment: Int, _ place: Int, _ self: inout StepLowering) -> Int {
      let list = self.writer.add(
        origin, self.isGridWhole ? .alias : .work, Pass.alias(place), [moment], self.tokenMajor)
      return self.writer.add(origin, .copy, Pass.copy(place), [list], self.moment)
    }
    let squares = writer.add(origin, Pass.firstMoments(1), [writer.element(1, of: node)], patchMoment)
    let raw = listed(squares, 3, &self)
    let means = writer.add(origin, Pass.firstMoments(0), [writer.element(0, of: node)], patchMoment, patchMoment)
    let mean = listed(writer.element(1, of: means), 2, &self)
    let sum = listed(writer.element(0, of: means), 4, &self)
    let deviation = writer.add(origin, Pass.firstMoments(2), [raw, mean], moment, replacing: [raw, mean])
    let list = writer.add(
      "forward/stem/addBroadcast", .alias, Pass.alias(0), [writer.element(2, of: node)],
      TiledArray(.bfloat16, [batch, tokens, width], [2, 0, 1]))
    var read = [list, positions]
    let parts = read
    if batch < 4 {
      // Rows of few images are padded, and their sum with the positions is written.
      read = [writer.add("forward/stem/addBroadcast", Pass.firstNorm(1), read, stream)]
    } else if hasTokensOnLanes {
      read[0] = writer.add("forward/stem/addBroadcast", .copy, Pass.copy(1), [list], stream)
    }
    let residual = Residual(
      stream: read, parts: parts, sum: sum, squares: raw, mean: mean, deviation: deviation,
      scale: argument("block0/norm1/scale"), bias: argument("block0/norm1/bias"), isFirst: true)
    return Stem(residual: residual, images: images)
  }

  // MARK: - Backward

  /// The gradient through the first layer norm, whose sums the scheduler gives another order.
  mutating func firstNormGradient(_ residual: Residual, _ product: [Int], stream: Int) -> NormGradient {
    let origin = "backward/block0/attention", scale = vector(width, .float32)
    let node = writer.add(
      "\(origin)/layerNormGradient", Pass.normGradient(1),
      [residual.scale, residual.mean] + residual.stream + [residual.deviation] + product, moment, scale, moment, scale,
      self.stream)
    gradients["block0/norm1/scale"] = writer.element(1, of: node)
    gradients["block0/norm1/bias"] = writer.element(3, of: node)
    let sums = [residual.sum, writer.element(2, of: node), writer.element(0, of: node), residual.squares]
    let isPatch = configuration.head != .token
    let moments = writer.add(
      "\(origin)/layerNormGradient", Pass.momentGradient(0), isPatch ? sums + [residual.mean] : sums, moment, moment)
    var deviation = writer.element(1, of: moments)
    if isPatch || batch <= 4 {
      deviation = writer.add("\(origin)/layerNormGradient", Pass.momentGradient(1), [deviation], moment)
    }
    return NormGradient(
      residual: residual, mean: writer.element(0, of: moments), deviation: deviation,
      gradient: writer.element(4, of: node), stream: stream)
  }

  mutating func writeStemGradient(_ stem: Stem, _ block: Block, _ upstream: Upstream) {
    guard case .norm(let norm) = upstream else { return }
    let residual = norm.residual, origin = "backward/stem"
    var operands = [norm.deviation]
    operands += configuration.head == .token ? residual.stream : residual.stream.reversed()
    operands.append(norm.mean)
    if let stream = norm.stream { operands.append(stream) }
    operands += [residual.scale, residual.deviation, norm.gradient]
    if residual.stream.count == 1 { operands += residual.parts.reversed() }
    let positions = residualRows
    var written: Int
    if configuration.head == .token {
      let sum = writer.add("\(origin)/sum", Pass.stemGradient(0), operands, positions, stream)
      gradients["pos_embedding"] = writer.element(0, of: sum)
      let dropped = writer.add(
        "\(origin)/dropToken", Pass.patchGradient(1), [writer.element(1, of: sum)],
        self.residual(.bfloat16, [batch, side * side, width]), vector(width))
      written = writer.element(0, of: dropped)
      gradients["embedding/bias"] = writer.element(1, of: dropped)
      gradients["cls"] = writer.add(
        "\(origin)/sum", Pass.headForward(1), [writer.element(1, of: sum)], vector(width))
    } else {
      let sum = writer.add("\(origin)/sum", Pass.stemGradient(0), operands, positions, vector(width), stream)
      gradients["pos_embedding"] = writer.element(0, of: sum)
      gradients["embedding/bias"] = writer.element(1, of: sum)
      written = writer.element(2, of: sum)
    }
    var order = [3, 2, 1, 0]
    if !isGridWhole || hasTokensOnLanes {
      order = [3, 0, 2, 1]
      written = writer.add(
        "backward/block0/attention/add", .copy, Pass.copy(5), [written],
        TiledArray(.bfloat16, [batch, side * side, width], [2, 0, 1]))
    }
    let grid = writer.add(
      "\(origin)/embedPatchesKernelGradient", .alias, Pass.alias(5), [written],
      TiledArray(.bfloat16, [batch, side, side, width], order))
    let kernel = writer.drafts[argument("embedding/kernel")].outputs[0].extents
    var gradient = writer.add(
      "\(origin)/embedPatchesKernelGradient", Pass.patchGradient(0), [stem.images, grid],
      TiledArray(.bfloat16, kernel, [3, 2, 1, 0]))
    if !updatesPatchKernelAsItIs {
      gradient = writer.add(
        "\(origin)/embedPatchesKernelGradient", .copy, Pass.copy(6), [gradient], gradientArray("embedding/kernel"))
    }
    gradients["embedding/kernel"] = gradient
  }
}
