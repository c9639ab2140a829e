import Scheduling
import TrainingStep

extension StepLowering {
  /// The head's gradient on its way to the last block, and the loss.
  struct HeadResult {
    var gradient: Upstream
    var loss: Int
  }

  mutating func writeHead(_ input: Residual) -> HeadResult {
    switch configuration.head {
    case .gap: writeMeanHead(input)
    case .token: writeTokenHead(input)
    case .map: writePoolingHead(input)
    }
  }

  /// The logits' gradient, with the product that leads to the logits, and the loss.
  private mutating func writeClassifier(
    _ pooled: Int, _ pooledShape: TiledArray, isFirst: Bool
  ) -> (gradient: Int, loss: Int) {
    let bias = cast("classifier/bias", "forward/head"), kernel = argument("classifier/kernel")
    let rows = TiledArray(.bfloat16, [batch, classes], [1, 0], [0, 1])
    let product = isFirst ? [pooled, kernel] : [kernel, pooled]
    let sum = writer.add(
      "backward/head/sum", Pass.sums(0), [argument("labels"), bias] + product, vector(classes), rows, rows)
    gradients["classifier/bias"] = writer.element(0, of: sum)
    let gradient = writer.element(1, of: sum)
    gradients["classifier/kernel"] = writer.add(
      "backward/head/contract", Pass.patchGradient(2), [gradient, pooled], gradientArray("classifier/kernel"))
    let loss = writer.add(
      "forward/loss/sigmoidCrossEntropy", Pass.headForward(2), [writer.element(2, of: sum), argument("labels")],
      .scalar)
    let back = writer.add(
      "backward/head/contract", Pass.classifierInput(0), [gradient, kernel], pooledShape)
    return (back, loss)
  }

  // MARK: - Average and class token

  private mutating func writeMeanHead(_ input: Residual) -> HeadResult {
    let rows = TiledArray(.float32, [batch, width], [1, 0], [0, 1])
    let mean = writer.add("forward/head/meanTokens", Pass.headForward(3), input.normed, rows)
    let (gradient, loss) = writeClassifier(mean, rows, isFirst: false)
    return HeadResult(
      gradient: .unwritten(
        vectorGradient(input, input.stream + [gradient, input.deviation, input.mean, input.scale], gradient)),
      loss: loss)
  }

  private mutating func writeTokenHead(_ input: Residual) -> HeadResult {
    // The norm of the one token that is read is computed for all, and written, in float32.
    let whole = residual(.float32, [batch, tokens, width])
    let scaled = writer.add("forward/head/layerNorm", Pass.norm(1), [input.scale, input.deviation], whole)
    let centred = writer.add("forward/head/layerNorm", Pass.norm(0), input.stream + [input.mean], whole)
    let row = TiledArray(.bfloat16, [batch, 1, width]), column = TiledArray(.bfloat16, [batch, 1, width], [2, 0, 1])
    let token = writer.add("forward/head/layerNorm", Pass.headForward(4), [scaled, centred, input.bias], row)
    let copied = writer.add("", .copy, Pass.copy(8), [token], column)
    let (gradient, loss) = writeClassifier(copied, column, isFirst: false)
    let padded = writer.add("backward/head/padToken", .copy, Pass.copy(9), [gradient], row)
    return HeadResult(
      gradient: .unwritten(
        vectorGradient(input, [padded, input.deviation, input.mean] + input.stream + [input.scale], padded)),
      loss: loss)
  }

  /// The gradient through the last layer norm, of which each reader computes what it needs.
  private mutating func vectorGradient(_ input: Residual, _ operands: [Int], _ gradient: Int) -> NormGradient {
    let scale = vector(width, .float32)
    let node = writer.add(
      "backward/head/layerNormGradient", Pass.normGradient(0), operands, scale, moment, moment, scale)
    gradients["norm/scale"] = writer.element(0, of: node)
    gradients["norm/bias"] = writer.element(3, of: node)
    let moments = gradientMoments(
      "backward/head", [input.sum, writer.element(2, of: node), writer.element(1, of: node), input.squares], place: 0)
    return NormGradient(residual: input, mean: moments.mean, deviation: moments.deviation, gradient: gradient)
  }

  // MARK: - Attention pooling

  private mutating func writePoolingHead(_ input: Residual) -> HeadResult {
    let forward = "forward/head", backward = "backward/head", map = "map/attention"
    let byHead = TiledArray(.bfloat16, [batch, heads, headWidth], [2, 1, 0])
    let headMajor = TiledArray(.bfloat16, [batch, heads, headWidth], [2, 0, 1])
    let perHead = TiledArray(.bfloat16, [batch, heads]), weights = TiledArray(.bfloat16, [batch, heads, tokens])
    let scores = TiledArray(.bfloat16, [batch, tokens, heads], [1, 2, 0])
    let rows = TiledArray(.bfloat16, [batch, width]), perImage = TiledArray(.float32, [batch])
    let pooledNorm = [input.bias, input.scale, input.deviation, input.mean] + input.stream
    var kernels: [String: Int] = [:]
    for name in ["query", "key", "value", "out"] { kernels[name] = self.kernel("\(map)/\(name)/kernel", forward) }
    let kernelOf = kernels
    func kernel(_ name: String) -> Int { kernelOf[name] ?? 0 }

    let queryBias = cast("\(map)/query/bias", forward)
    let probe = writer.add("\(forward)/convert", Pass.clipping(0), [argument("map/probe")], vector(width))
    let query = writer.add("\(forward)/contract", Pass.headForward(5), [kernel("query"), queryBias, probe], headMajor)
    let scaled = writer.add("\(forward)/scaleByHeadWidth", .copy, Pass.copy(8), [query], byHead)
    let keyBias = cast("\(map)/key/bias", forward)
    let keys = writer.add(
      "\(forward)/contract", Pass.headKeys(0), [scaled, keyBias, kernel("key")] + pooledNorm, scores, projection)
    let score = writer.element(0, of: keys)
    let maximum = writer.add("\(forward)/softmax", Pass.classifierInput(3), [score], perHead)
    let sum = writer.add("\(forward)/softmax", Pass.softmax(1001), [score, maximum], perHead)
    let softmax = writer.add("\(forward)/softmax", Pass.softmax(1000), [score, sum, maximum], weights)
    let valueBias = cast("\(map)/value/bias", forward)
    let values = writer.add(
      "\(forward)/contract", Pass.headValues(0), [softmax, valueBias, kernel("value")] + pooledNorm, byHead, projection)
    let mixed = writer.element(0, of: values)

    let outBias = cast("\(map)/out/bias", forward)
    let norm = writer.add(
      "\(forward)/layerNorm", Pass.softmax(1002), [outBias, kernel("out"), mixed], perImage, perImage, rows)
    let moments = writer.add(
      "\(forward)/layerNorm", Pass.biasUpdate(3000), [writer.element(0, of: norm), writer.element(1, of: norm)],
      perImage,
      perImage)
    let stream = writer.element(2, of: norm), deviation = writer.element(1, of: moments)
    let mean = writer.element(0, of: moments)
    let scale = argument("map/norm/scale"), bias = argument("map/norm/bias")
    let upBias = cast("map/mlp/up/bias", forward), upKernel = argument("map/mlp/up/kernel")
    let hiddenRows = TiledArray(.bfloat16, [batch, mlpWidth])
    let hidden = writer.add(
      "\(forward)/contract", Pass.softmax(999), [upKernel, upBias, stream, bias, scale, deviation, mean], hiddenRows)
    let downBias = cast("map/mlp/down/bias", forward), downKernel = argument("map/mlp/down/kernel")
    let pooled = writer.add(
      "\(forward)/contract", Pass.firstMoments(10), [stream, downKernel, hidden, downBias], rows)

    let (gradient, loss) = writeClassifier(pooled, rows, isFirst: true)
    let ofHidden = writer.add(
      "\(backward)/sum", Pass.hiddenGradient(1000), [hidden, gradient, downKernel], vector(mlpWidth), hiddenRows)
    gradients["map/mlp/up/bias"] = writer.element(0, of: ofHidden)
    let hiddenGradient = writer.element(1, of: ofHidden)
    let ofNorm = writer.add(
      "\(backward)/layerNormGradient", Pass.headForward(6), [stream, deviation, mean, scale, hiddenGradient, upKernel],
      vector(width, .float32), perImage, perImage, vector(width, .float32), rows)
    gradients["map/norm/scale"] = writer.element(0, of: ofNorm)
    gradients["map/norm/bias"] = writer.element(3, of: ofNorm)
    let normMoments = writer.add(
      "\(backward)/layerNormGradient", Pass.biasUpdate(3001),
      [
        writer.element(0, of: norm), writer.element(2, of: ofNorm), writer.element(1, of: ofNorm),
        writer.element(1, of: norm),
      ], perImage, perImage)
    let normDeviation = writer.add(
      "\(backward)/layerNormGradient", Pass.biasUpdate(3002), [writer.element(1, of: normMoments)], perImage)
    let ofStream = writer.add(
      "\(backward)/sum", Pass.sums(1),
      [
        normDeviation, stream, writer.element(0, of: normMoments), gradient, scale, deviation,
        writer.element(4, of: ofNorm),
      ],
      vector(width), rows, vector(width))
    gradients["map/attention/out/bias"] = writer.element(0, of: ofStream)
    gradients["map/mlp/down/bias"] = writer.element(2, of: ofStream)
    let streamGradient = writer.element(1, of: ofStream)
    let ofMixed = writer.add(
      "\(backward)/contract", Pass.classifierInput(1), [kernel("out"), streamGradient], headMajor)
    let mixedGradient = writer.add("\(backward)/contract", .copy, Pass.copy(9), [ofMixed], byHead)
    let ofSoftmax = writer.add(
      "\(backward)/sum", Pass.projectionGradient(5001), [mixedGradient, softmax, writer.element(1, of: values)],
      headBias,
      scores)
    gradients["map/attention/value/bias"] = writer.element(0, of: ofSoftmax)
    let softmaxGradient = writer.element(1, of: ofSoftmax)
    let reciprocal = writer.add("\(forward)/softmax", Pass.biasUpdate(2000), [sum], perHead, replacing: [sum])
    let products = writer.add(
      "\(backward)/softmaxGradient", Pass.classifierInput(2), [softmaxGradient, score, reciprocal, maximum], perHead)
    let negative = writer.add(
      "\(backward)/softmaxGradient", Pass.negation(0), [products], perHead, replacing: [products])
    let ofScores = writer.add(
      "\(backward)/softmaxGradient", Pass.classifierInput(1), [softmaxGradient, score, negative, sum, maximum], weights)
    let scoreGradient = writer.add(
      "\(backward)/softmaxGradient", .copy, Pass.copy(10), [ofScores],
      TiledArray(.bfloat16, [batch, heads, tokens], [2, 0, 1]))

    let ofKeys = [query, scoreGradient], ofValues = [mixedGradient, softmax]
    let written = writer.add(
      "\(backward)/contract", Pass.headInputGradient(0),
      (hasHeadsFirst ? ofValues : ofKeys) + [kernel(hasHeadsFirst ? "value" : "key")], self.stream)
    let gradientOfNorm = normGradient(
      backward, input, "norm",
      hasHeadsFirst ? [kernel("key")] + ofKeys + [written] : [written, kernel("value")] + ofValues,
      stream: nil, place: 0)

    let normed = [stream, bias, scale, deviation, mean]
    func product(_ name: String, _ pass: Int, _ operands: [Int], _ self: inout StepLowering) {
      self.gradients[name] = self.writer.add("\(backward)/contract", pass, operands, self.gradientArray(name))
    }
    product("map/mlp/up/kernel", Pass.biasUpdate(2001), [hiddenGradient] + normed, &self)
    product("map/mlp/down/kernel", Pass.headForward(7), [gradient, hidden], &self)
    gradients["map/attention/key/bias"] = writer.add(
      "\(backward)/sum", Pass.projectionGradient(5000), ofKeys, headBias)
    product("map/attention/key/kernel", Pass.headKernelGradient(1), ofKeys + pooledNorm, &self)
    product("map/attention/out/kernel", Pass.headForward(8), [mixed, streamGradient], &self)
    let ofQuery = writer.add(
      "\(backward)/contract", Pass.headQueryGradient(0), [writer.element(1, of: keys), ofScores], byHead)
    gradients["map/attention/query/bias"] = writer.add("\(backward)/sum", Pass.firstMoments(12), [ofQuery], headBias)
    product("map/attention/query/kernel", Pass.firstMoments(11), [ofQuery, probe], &self)
    product("map/attention/value/kernel", Pass.headKernelGradient(0), ofValues + pooledNorm, &self)
    gradients["map/probe"] = writer.add(
      "\(backward)/contract", Pass.headForward(9), [kernel("query"), ofQuery], vector(width))
    return HeadResult(gradient: .norm(gradientOfNorm), loss: loss)
  }
}
