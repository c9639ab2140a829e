import TrainingStep

/// Tensors that a layer norm's backward reads: x (..,D), statistics (..).
struct LayerNormTensors {
  /// Twice x and twice the mean: derivatives of the squares.
  var doubled, doubledMean: StableHLOTensor
  /// The variance's derivative, given that it is clamped at zero.
  var mask: StableHLOTensor
  /// x minus its mean, (..,D).
  var centered: StableHLOTensor
  /// One over the deviation, and its derivative, (..,1).
  var reciprocal, reciprocalDerivative: StableHLOTensor
  /// The scale, (D), and its product with the reciprocal, (..,D).
  var scale, factor: StableHLOTensor
}

/// Tensors that a softmax's backward reads.
struct SoftmaxTensors {
  /// The exponentials before the division, (..,K).
  var exponentials: StableHLOTensor
  /// The divisor, and one over its square, (..,1).
  var sum, reciprocalSquare: StableHLOTensor
}

extension StableHLOPrinter {
  private func rows(_ type: StableHLOType) -> [Int] { Array(type.shape.indices.dropLast()) }

  // x (..,D), scale (D), bias (D) -> (..,D). The variance is E[x²] - E[x]², clamped at zero, in one pass.
  mutating func layerNorm(_ value: Value, scale: StableHLOTensor, bias: StableHLOTensor) -> StableHLOTensor {
    let given = tensor(value)
    let tensors = layerNormTensors(given, scale: scale)
    layerNorms[value] = tensors
    let wide = tensors.centered.type, last = [wide.shape.count - 1]
    let scaled = writer.binary("multiply", tensors.centered, tensors.factor)
    let y = writer.binary("add", scaled, writer.broadcast(bias, wide, last))
    return writer.convert(y, given.type.element)
  }

  private mutating func layerNormTensors(_ given: StableHLOTensor, scale: StableHLOTensor) -> LayerNormTensors {
    let x = writer.convert(given, .float32)
    let wide = x.type, last = wide.shape.count - 1, rows = rows(wide)
    let row = wide.without([last]), column = StableHLOType(row.shape + [1], .float32)
    let width = Double(wide.shape[last])
    let squares = writer.binary("multiply", x, x)
    let doubled = writer.binary("multiply", writer.fill(2, wide), x)
    let mean = writer.binary("divide", writer.reduce(x, [last]), writer.fill(width, row))
    let meanSquare = writer.binary("divide", writer.reduce(squares, [last]), writer.fill(width, row))
    let squaredMean = writer.binary("multiply", mean, mean)
    let doubledMean = writer.binary("multiply", writer.fill(2, row), mean)
    let difference = writer.binary("subtract", meanSquare, squaredMean)
    let zero = writer.fill(0, row), one = writer.fill(1, row)
    let variance = writer.binary("maximum", zero, difference)
    // The derivative of a maximum: shared if both are equal.
    let isDifference = writer.select(writer.compare(difference, "EQ", variance), one, zero)
    let shares = writer.select(writer.compare(zero, "EQ", variance), writer.fill(2, row), one)
    let mask = writer.binary("divide", isDifference, shares)
    let meanColumn = writer.broadcast(mean, column, rows)
    let varianceColumn = writer.broadcast(variance, column, rows)
    let all = Array(wide.shape.indices)
    let centered = writer.binary("subtract", x, writer.broadcast(meanColumn, wide, all))
    let shifted = writer.binary("add", varianceColumn, writer.fill(1e-6, column))
    let reciprocal = writer.unary("rsqrt", shifted)
    let quotient = writer.binary("divide", reciprocal, shifted)
    let derivative = writer.binary("multiply", writer.fill(-0.5, column), quotient)
    let factor = writer.binary(
      "multiply", writer.broadcast(reciprocal, wide, all), writer.broadcast(scale, wide, [last]))
    return LayerNormTensors(
      doubled: doubled, doubledMean: doubledMean, mask: mask, centered: centered, reciprocal: reciprocal,
      reciprocalDerivative: derivative, scale: scale, factor: factor)
  }

  // (x, scale, dy) -> dx (..,D) in two parts, dscale (D), dbias (D)
  mutating func layerNormGradient(_ operation: Operation) -> [StableHLOTensor] {
    let given = tensor(operation.inputs[0]), element = given.type.element
    let scale = tensor(operation.inputs[1])
    let known = layerNorms[operation.inputs[0]] ?? layerNormTensors(given, scale: scale)
    let dy = writer.convert(tensor(operation.inputs[2]), .float32)
    let wide = dy.type, last = wide.shape.count - 1, rows = rows(wide), all = Array(wide.shape.indices)
    let row = wide.without([last]), column = StableHLOType(row.shape + [1], .float32)

    let dbias = writer.reduce(dy, rows)
    let products = writer.binary("multiply", known.centered, dy)
    let direct = writer.binary("multiply", dy, known.factor)
    let normalized = writer.binary("multiply", writer.broadcast(known.reciprocal, wide, all), products)
    let dscale = writer.reduce(normalized, rows)
    let scaled = writer.binary("multiply", products, writer.broadcast(known.scale, wide, [last]))
    let dreciprocal = writer.reshape(writer.reduce(scaled, [last]), column.shape)
    let dvariance = writer.reshape(
      writer.binary("multiply", dreciprocal, known.reciprocalDerivative), row.shape)
    let negated = writer.unary("negate", direct)
    let dmean = writer.reduce(negated, [last])
    let first = writer.convert(direct, element)

    let masked = writer.binary("multiply", dvariance, known.mask)
    let throughMean = writer.binary("multiply", writer.unary("negate", masked), known.doubledMean)
    let total = writer.binary("add", dmean, throughMean)
    let width = writer.fill(Double(wide.shape[last]), row)
    let square = writer.broadcast(writer.binary("divide", masked, width), wide, rows)
    let plain = writer.broadcast(writer.binary("divide", total, width), wide, rows)
    let throughSquare = writer.binary("multiply", square, known.doubled)
    let second = writer.convert(writer.binary("add", plain, throughSquare), element)
    parts[operation.outputs[0]] = (first, second)
    return [first, dscale, dbias]
  }

  // x (..,K) -> (..,K): in the type of x, with the sum in float32.
  mutating func softmax(_ x: StableHLOTensor, result: Value) -> StableHLOTensor {
    let wide = x.type, last = wide.shape.count - 1, rows = rows(wide), all = Array(wide.shape.indices)
    let largest = writer.reduce(x, [last], by: .maximum)
    let held = writer.binary("maximum", writer.fill(-.infinity, largest.type), largest)
    let column = StableHLOType(held.type.shape + [1], wide.element)
    let top = writer.broadcast(held, column, rows)
    let shifted = writer.binary("subtract", x, writer.broadcast(top, wide, all))
    let exponentials = writer.unary("exponential", shifted)
    let sums = writer.reduce(writer.convert(exponentials, .float32), [last])
    let sum = writer.convert(writer.broadcast(sums, column.with(.float32), rows), wide.element)
    let y = writer.binary("divide", exponentials, writer.broadcast(sum, wide, all))
    let square = writer.binary("multiply", sum, sum)
    let reciprocal = writer.binary("divide", writer.fill(1, column), square)
    softmaxes[result] = SoftmaxTensors(exponentials: exponentials, sum: sum, reciprocalSquare: reciprocal)
    return y
  }

  // (y = softmax(x), dy) -> dx, through the exponentials and their sum
  mutating func softmaxGradient(_ y: Value, dy: StableHLOTensor) -> StableHLOTensor {
    let wide = dy.type, last = wide.shape.count - 1, rows = rows(wide), all = Array(wide.shape.indices)
    guard let known = softmaxes[y] else {
      let y = tensor(y)
      let dot = writer.reduce(writer.binary("multiply", y, dy), [last])
      return writer.binary("multiply", y, writer.binary("subtract", dy, writer.broadcast(dot, wide, rows)))
    }
    let weighted = writer.binary("multiply", dy, writer.broadcast(known.reciprocalSquare, wide, all))
    let products = writer.binary("multiply", weighted, known.exponentials)
    let dsum = writer.unary("negate", writer.reduce(products, [last]))
    let divided = writer.binary("divide", dy, writer.broadcast(known.sum, wide, all))
    let back = writer.broadcast(writer.convert(dsum, .float32), wide.with(.float32), rows)
    let both = writer.binary("add", divided, writer.convert(back, wide.element))
    return writer.binary("multiply", both, known.exponentials)
  }
}
