import TrainingStep

/// The constants of the optimizers. Source: Optax 0.2.8's defaults; big_vision's `scale_by_adafactor`.
private enum Constant {
  /// Learning rate and decoupled weight decay of a step.
  static let rate = 1e-3, weightDecay = 1e-4
  /// Decay of first and of Adam's second moments.
  static let firstDecay = 0.9, secondDecay = 0.999
  /// Added to the root of Adam's second moment.
  static let adamEpsilon = 1e-8
  /// Largest decay of Adafactor's second moments, and the exponent with which the decay rises to it.
  static let largestDecay = 0.999, decayExponent = -0.8
  /// Added to squared gradients by Adafactor.
  static let adafactorEpsilon = 1e-30
}

extension StableHLOPrinter {
  // A factor applied to a whole tensor.
  private mutating func scaled(_ x: StableHLOTensor, by factor: Double) -> StableHLOTensor {
    writer.binary("multiply", writer.fill(factor, x.type), x)
  }

  private mutating func scaled(_ x: StableHLOTensor, by factor: StableHLOTensor) -> StableHLOTensor {
    writer.binary("multiply", writer.broadcast(factor, x.type, []), x)
  }

  // p - (rate * u + weightDecay * p)
  mutating func updated(_ p: StableHLOTensor, direction u: StableHLOTensor) -> StableHLOTensor {
    let step = scaled(u, by: Constant.rate)
    return writer.binary("subtract", p, writer.binary("add", step, scaled(p, by: Constant.weightDecay)))
  }

  // m = g + decay * m, and p after a step along it: Optax's `trace`
  mutating func momentumUpdate(
    _ p: StableHLOTensor, gradient g: StableHLOTensor, m: StableHLOTensor
  ) -> [StableHLOTensor] {
    let m = writer.binary("add", g, scaled(m, by: Constant.firstDecay))
    return [updated(p, direction: m), m]
  }

  // min(1, 1 / norm), unless its readers divide by the norm itself
  mutating func globalNormFactor(_ operation: Operation) -> StableHLOTensor {
    var sum: StableHLOTensor?
    var sums: [StableHLOTensor] = []
    // In the order of Flax's tree; of stacked parameters, the first block's gradient represents all.
    for place in parameterOrder where operation.inputs.indices.contains(place) {
      let g = tensor(operation.inputs[place])
      let squares = writer.binary("multiply", g, g)
      sums.append(writer.reduce(squares, Array(g.type.shape.indices)))
    }
    for next in sums { sum = sum.map { writer.binary("add", $0, next) } ?? next }
    let norm = writer.unary("sqrt", sum ?? writer.scalar(0, .float32))
    let one = writer.scalar(1, .float32)
    norms[operation.outputs[0]] = (norm, writer.compare(norm, "LT", one))
    return norm
  }

  // g if the norm is below one, otherwise g / norm
  mutating func scaleByFactor(_ g: StableHLOTensor, _ factor: Value) -> StableHLOTensor {
    guard let (norm, isSmall) = norms[factor] else { return scaled(g, by: tensor(factor)) }
    let divided = writer.binary("divide", g, writer.broadcast(norm, g.type, []))
    return writer.select(isSmall, g, writer.binary("multiply", divided, writer.fill(1, g.type)))
  }

  // count + 1, clamped at the largest number
  mutating func increment(_ count: StableHLOTensor) -> StableHLOTensor {
    let largest = writer.scalar(Double(Int32.max), .int32)
    let isSmaller = writer.compare(count, "LT", largest)
    return writer.select(isSmaller, writer.binary("add", count, writer.scalar(1, .int32)), largest)
  }

  // 0.1 new + 0.9 m, in float32; a moment stored in bfloat16 is multiplied in bfloat16.
  private mutating func firstMoment(_ m: StableHLOTensor, _ new: StableHLOTensor) -> StableHLOTensor {
    let fresh = scaled(new, by: 1 - Constant.firstDecay)
    return writer.binary("add", fresh, writer.convert(scaled(m, by: Constant.firstDecay), .float32))
  }

  // (p, g, m, v, count) -> (p, m, v): u = m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon)
  mutating func adamUpdate(_ x: [StableHLOTensor]) -> [StableHLOTensor] {
    let m = firstMoment(x[2], x[1])
    let squares = writer.binary("multiply", x[1], x[1])
    let fresh = scaled(squares, by: 1 - Constant.secondDecay)
    let v = writer.binary("add", fresh, scaled(x[3], by: Constant.secondDecay))
    let first = writer.broadcast(bias(Constant.firstDecay, x[4]), m.type, [])
    let direction = writer.binary("divide", m, first)
    let second = writer.broadcast(bias(Constant.secondDecay, x[4]), v.type, [])
    let root = writer.unary("sqrt", writer.binary("divide", v, second))
    let divisor = writer.binary("add", root, writer.fill(Constant.adamEpsilon, v.type))
    let u = writer.binary("divide", direction, divisor)
    return [updated(x[0], direction: u), writer.convert(m, x[2].type.element), v]
  }

  // 1 - decay^count
  private mutating func bias(_ decay: Double, _ count: StableHLOTensor) -> StableHLOTensor {
    let power = writer.binary("power", writer.scalar(decay, .float32), writer.convert(count, .float32))
    return writer.binary("subtract", writer.scalar(1, .float32), power)
  }

  // min(1 - t^-0.8, 0.999)
  private mutating func adafactorDecay(_ count: StableHLOTensor) -> StableHLOTensor {
    let t = writer.convert(count, .float32)
    let power = writer.binary("power", t, writer.scalar(Constant.decayExponent, .float32))
    let decay = writer.binary("subtract", writer.scalar(1, .float32), power)
    return writer.binary("minimum", decay, writer.scalar(Constant.largestDecay, .float32))
  }

  // decay * old + (1 - decay) * new
  private mutating func average(
    _ old: StableHLOTensor, _ decay: StableHLOTensor, _ new: StableHLOTensor
  ) -> StableHLOTensor {
    let kept = scaled(old, by: decay)
    let rest = writer.binary("subtract", writer.scalar(1, .float32), decay)
    return writer.binary("add", kept, scaled(new, by: rest))
  }

  private mutating func squares(_ g: StableHLOTensor) -> StableHLOTensor {
    writer.binary("add", writer.binary("multiply", g, g), writer.fill(Constant.adafactorEpsilon, g.type))
  }

  private mutating func reciprocalRoot(_ x: StableHLOTensor) -> StableHLOTensor {
    writer.binary("power", x, writer.fill(-0.5, x.type))
  }

  // (p, g, m, v, count) -> (p, m, v)
  mutating func adafactorUnfactoredUpdate(_ x: [StableHLOTensor]) -> [StableHLOTensor] {
    let decay = adafactorDecay(x[4])
    let v = average(x[3], decay, squares(x[1]))
    let m = firstMoment(x[2], writer.binary("multiply", x[1], reciprocalRoot(v)))
    return [updated(x[0], direction: m), writer.convert(m, x[2].type.element), v]
  }

  // (p, g, m, row, column, count) -> (p, m, row, column)
  mutating func adafactorUpdate(
    _ x: [StableHLOTensor], reducedInRow: Int, reducedInColumn: Int
  ) -> [StableHLOTensor] {
    let g = x[1], all = Array(g.type.shape.indices)
    let decay = adafactorDecay(x[5])
    let squares = squares(g)
    let row = average(x[3], decay, mean(squares, reducedInRow))
    let column = average(x[4], decay, mean(squares, reducedInColumn))
    let inRow = reducedInColumn > reducedInRow ? reducedInColumn - 1 : reducedInColumn
    let rowMean = mean(row, inRow)
    let rowPlaces = row.type.shape.indices.filter { $0 != inRow }
    let ratio = writer.binary("divide", row, writer.broadcast(rowMean, row.type, rowPlaces))
    let rowFactor = reciprocalRoot(ratio), columnFactor = reciprocalRoot(column)
    let rowWise = writer.binary(
      "multiply", g, writer.broadcast(rowFactor, g.type, all.filter { $0 != reducedInRow }))
    let u = writer.binary(
      "multiply", rowWise, writer.broadcast(columnFactor, g.type, all.filter { $0 != reducedInColumn }))
    let m = firstMoment(x[2], u)
    return [updated(x[0], direction: m), writer.convert(m, x[2].type.element), row, column]
  }

  // Adafactor for a stacked parameter, whose moments may be factored differently than those of one block.
  mutating func updateStack(_ stack: StackedParameter, _ operation: Operation) {
    guard let count = operation.inputs.last else { return }
    let state = stack.stateTypes.indices.compactMap { stack.state[$0 + 1] }
    let x = [tensor(stack.first.value), tensor(operation.inputs[1])] + state + [tensor(count)]
    let updated =
      if let (largest, second) = stack.factoring {
        adafactorUpdate(x, reducedInRow: largest, reducedInColumn: second)
      } else {
        adafactorUnfactoredUpdate(x)
      }
    stacks[stack.first.value]?.updated = updated
  }

  private mutating func mean(_ x: StableHLOTensor, _ dimension: Int) -> StableHLOTensor {
    let sum = writer.reduce(x, [dimension])
    return writer.binary("divide", sum, writer.fill(Double(x.type.shape[dimension]), sum.type))
  }
}
