import TrainingStep

/// Tensors that a GELU's backward reads; t is the hyperbolic tangent.
struct GELUTensors {
  /// Three times x².
  var tripleSquare: StableHLOTensor
  /// t, 1 - t, and (1 + t) / 2.
  var tangent, complement, half: StableHLOTensor
}

/// Tensors that the loss's backward reads, (B,C).
struct LossTensors {
  /// The logistic function of the negated logits and of the logits.
  var negative, positive: StableHLOTensor
  /// The labels negated, and one minus the labels.
  var negatedLabels, otherLabels: StableHLOTensor
}

extension StableHLOPrinter {
  private static var slope: Double { (2 / Double.pi).squareRoot() }
  private static var cubic: Double { 0.044715 }

  // 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x³))), in the type of x
  mutating func gelu(_ value: Value) -> StableHLOTensor {
    let x = tensor(value)
    let known = geluTensors(x)
    gelus[value] = known
    return writer.binary("multiply", x, known.half)
  }

  private mutating func geluTensors(_ x: StableHLOTensor) -> GELUTensors {
    let type = x.type
    let square = writer.binary("multiply", x, x)
    let cube = writer.binary("multiply", square, x)
    let triple = writer.binary("multiply", writer.fill(3, type), square)
    let term = writer.binary("multiply", writer.fill(Self.cubic, type), cube)
    let inner = writer.binary("add", x, term)
    let tangent = writer.unary("tanh", writer.binary("multiply", writer.fill(Self.slope, type), inner))
    let complement = writer.binary("subtract", writer.fill(1, type), tangent)
    let sum = writer.binary("add", writer.fill(1, type), tangent)
    let half = writer.binary("multiply", writer.fill(0.5, type), sum)
    return GELUTensors(tripleSquare: triple, tangent: tangent, complement: complement, half: half)
  }

  // (x, dy) -> dx. With s = dy x / 2 (1 - t): dy (1 + t) / 2 + slope (s + s t) (1 + 3 cubic x²).
  mutating func geluGradient(_ value: Value, dy: StableHLOTensor) -> StableHLOTensor {
    let x = tensor(value), type = x.type
    let known = gelus[value] ?? geluTensors(x)
    let product = writer.binary("multiply", x, dy)
    let direct = writer.binary("multiply", dy, known.half)
    let halved = writer.binary("multiply", writer.fill(0.5, type), product)
    let s = writer.binary("multiply", halved, known.complement)
    let both = writer.binary("add", s, writer.binary("multiply", s, known.tangent))
    let inner = writer.binary("multiply", writer.fill(Self.slope, type), both)
    let first = writer.binary("add", direct, inner)
    let cubed = writer.binary("multiply", writer.fill(Self.cubic, type), inner)
    return writer.binary("add", first, writer.binary("multiply", cubed, known.tripleSquare))
  }

  // logits, labels (B,C) -> (): the sum over classes of -y log σ(x) - (1 - y) log σ(-x), averaged over images
  mutating func sigmoidCrossEntropy(_ logits: Value, labels: StableHLOTensor) -> StableHLOTensor {
    let x = tensor(logits), type = x.type
    let negative = softplus(writer.unary("negate", x))
    let logSigmoid = writer.unary("negate", negative.value)
    let negatedTwice = writer.unary("negate", writer.unary("negate", x))
    let positive = softplus(negatedTwice)
    let logComplement = writer.unary("negate", positive.value)
    let negatedLabels = writer.unary("negate", labels)
    let first = writer.binary("multiply", negatedLabels, logSigmoid)
    let otherLabels = writer.binary("subtract", writer.fill(1, type), labels)
    let second = writer.binary("multiply", otherLabels, logComplement)
    losses[logits] = LossTensors(
      negative: negative.derivative, positive: positive.derivative, negatedLabels: negatedLabels,
      otherLabels: otherLabels)
    let sums = writer.reduce(writer.binary("subtract", first, second), [1])
    let total = writer.reduce(sums, [0])
    return writer.binary("divide", total, writer.scalar(Double(sizes[.batch]), .float32))
  }

  // log(1 + exp(z)) and its derivative, as in `jnp.logaddexp(z, 0)`
  private mutating func softplus(_ z: StableHLOTensor) -> (value: StableHLOTensor, derivative: StableHLOTensor) {
    let type = z.type, zero = writer.fill(0, type), infinity = writer.fill(.infinity, type)
    let largest = writer.binary("maximum", z, zero)
    let delta = writer.binary("subtract", z, zero)
    let isNaN = writer.compare(delta, "NE", delta)
    let sum = writer.binary("add", z, zero)
    let decayed = writer.unary("exponential", writer.unary("negate", writer.unary("abs", delta)))
    let plain = writer.binary("add", largest, writer.unary("log_plus_one", decayed))
    let value = writer.select(isNaN, sum, plain)
    let left = writer.select(writer.compare(z, "EQ", infinity), zero, z)
    let right = writer.select(writer.compare(value, "EQ", infinity), zero, value)
    return (value, writer.unary("exponential", writer.binary("subtract", left, right)))
  }

  // (logits, labels) -> (σ(logits) - labels) / B
  mutating func sigmoidCrossEntropyGradient(_ logits: Value) -> StableHLOTensor {
    let x = tensor(logits), type = x.type
    guard let known = losses[logits] else { return writer.fill(.nan, type) }
    let share = writer.binary(
      "divide", writer.scalar(1, .float32), writer.scalar(Double(sizes[.batch]), .float32))
    let upstream = writer.broadcast(share, type, [])
    let others = writer.binary("multiply", known.otherLabels, writer.unary("negate", upstream))
    let labels = writer.binary("multiply", known.negatedLabels, upstream)
    let positive = writer.unary("negate", writer.binary("multiply", others, known.positive))
    let negative = writer.binary("multiply", labels, known.negative)
    return writer.binary("add", positive, negative)
  }
}
