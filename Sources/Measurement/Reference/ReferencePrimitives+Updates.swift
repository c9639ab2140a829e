import Foundation
import TrainingStep

/// The constants of the optimizers. Source: Optax 0.2.8's defaults; big_vision's `scale_by_adafactor`.
private enum Constant {
  /// Learning rate of every optimizer.
  static let rate = 1e-3
  /// Decoupled weight decay a step.
  static let weightDecay = 1e-4
  /// Decay of first moments.
  static let firstDecay = 0.9
  /// Decay of Adam's second moments.
  static let secondDecay = 0.999
  /// Added to the root of Adam's second moment.
  static let adamEpsilon = 1e-8
  /// Largest decay of Adafactor's second moments, and the exponent with which the decay rises to it.
  static let largestDecay = 0.999, decayExponent = 0.8
  /// Added to squared gradients by Adafactor.
  static let adafactorEpsilon = 1e-30
}

extension ReferencePrimitives {
  // p - (rate * u + weightDecay * p)
  func updated(_ p: [Scalar], direction u: [Scalar]) -> [Scalar] {
    zip(p, u).map { p, u in p - (Scalar(Constant.rate) * u + Scalar(Constant.weightDecay) * p) }
  }

  // m = g + decay * m, and p after a step along it: Optax's `trace`
  func momentumUpdate(_ p: [Scalar], gradient g: [Scalar], m: [Scalar]) -> [[Scalar]] {
    let m = zip(g, m).map { g, m in g + Scalar(Constant.firstDecay) * m }
    return [updated(p, direction: m), m]
  }

  // min(1, 1 / norm) of all gradients together, summed in double precision.
  func globalNormFactor(_ gradients: [[Scalar]]) -> Scalar {
    var sum = 0.0
    for gradient in gradients { for g in gradient { sum += Double(g) * Double(g) } }
    return Scalar(min(1, 1 / sum.squareRoot()))
  }

  // decay * old + (1 - decay) * new
  private func average(_ old: [Scalar], _ new: [Scalar], _ decay: Double) -> [Scalar] {
    zip(old, new).map { old, new in Scalar(1 - decay) * new + Scalar(decay) * old }
  }

  // A first moment after this step. One stored in bfloat16 is multiplied by 0.9 in bfloat16, which is 0.8984375,
  // because JAX gives a Python number the type of the tensor it is combined with. (Compiled for a CPU, the product
  // itself is not rounded.)
  private func firstMoment(_ m: Tensor, _ new: [Scalar]) -> [Scalar] {
    let decay = Scalar(Constant.firstDecay)
    let kept = m.type.element == .bfloat16 ? decay.roundedToBFloat16 : decay
    return zip(m.elements, new).map { old, new in Scalar(1 - Constant.firstDecay) * new + kept * old }
  }

  // u = m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon), with the moments after this step and before they are rounded.
  func adamUpdate(
    _ p: [Scalar], gradient g: [Scalar], m: Tensor, v: [Scalar], count: Scalar
  ) -> [[Scalar]] {
    let m = firstMoment(m, g)
    let v = average(v, g.map { $0 * $0 }, Constant.secondDecay)
    let firstCorrection = 1 - inDouble({ pow($0, Double(count)) }, Scalar(Constant.firstDecay))
    let secondCorrection = 1 - inDouble({ pow($0, Double(count)) }, Scalar(Constant.secondDecay))
    let u = zip(m, v).map { m, v in
      m / firstCorrection / ((v / secondCorrection).squareRoot() + Scalar(Constant.adamEpsilon))
    }
    return [updated(p, direction: u), m, v]
  }

  // min(1 - t^-0.8, 0.999), zero in the first step.
  private func adafactorDecay(_ count: Scalar) -> Double {
    min(1 - pow(Double(count), -Constant.decayExponent), Constant.largestDecay)
  }

  private func squares(_ g: [Scalar]) -> [Scalar] { g.map { $0 * $0 + Scalar(Constant.adafactorEpsilon) } }

  // u = m after this step, before it is rounded; m averages g / sqrt(v).
  func adafactorUnfactoredUpdate(
    _ p: [Scalar], gradient g: [Scalar], m: Tensor, v: [Scalar], count: Scalar
  ) -> [[Scalar]] {
    let v = average(v, squares(g), adafactorDecay(count))
    let m = firstMoment(m, zip(g, v).map { g, v in g / v.squareRoot() })
    return [updated(p, direction: m), m, v]
  }

  // row: p's shape without axis `reducedInRow`, the mean of squared gradients along it; column likewise. The second moment of
  // an element is row * column / (mean of row along `reducedInColumn`).
  func adafactorUpdate(
    _ p: Tensor, gradient g: [Scalar], m: Tensor, row: [Scalar], column: [Scalar], count: Scalar, reducedInRow: Int,
    reducedInColumn: Int
  ) -> [[Scalar]] {
    let extents = p.type.axes.map { sizes[$0] }
    let row = average(row, mean(squares(g), extents, along: reducedInRow), adafactorDecay(count))
    let column = average(column, mean(squares(g), extents, along: reducedInColumn), adafactorDecay(count))
    // Index of the column's axis after the row's axis is removed.
    let inRow = reducedInColumn > reducedInRow ? reducedInColumn - 1 : reducedInColumn
    let rowMean = mean(row, extents.removing(at: reducedInRow), along: inRow)

    var normalized = g
    let rowStrides = strides(extents, without: [reducedInRow])
    let columnStrides = strides(extents, without: [reducedInColumn])
    let meanStrides = strides(extents, without: [reducedInRow, reducedInColumn])
    AxisLoop(extents, [strides(extents, without: []), rowStrides, columnStrides, meanStrides]).forEach { offsets in
      let rowFactor = 1 / (row[offsets[1]] / rowMean[offsets[3]]).squareRoot()
      let columnFactor = 1 / column[offsets[2]].squareRoot()
      normalized[offsets[0]] = g[offsets[0]] * rowFactor * columnFactor
    }
    let m = firstMoment(m, normalized)
    return [updated(p.elements, direction: m), m, row, column]
  }

  // x (extents) -> mean along one axis, which the result lacks.
  private func mean(_ x: [Scalar], _ extents: [Int], along axis: Int) -> [Scalar] {
    var y = [Scalar](repeating: 0, count: extents.removing(at: axis).reduce(1, *))
    AxisLoop(extents, [strides(extents, without: []), strides(extents, without: [axis])]).forEach { offsets in
      y[offsets[1]] += x[offsets[0]]
    }
    return y.map { $0 / Scalar(extents[axis]) }
  }

  // Strides of a row-major tensor with all axes except `missing`, along which the stride is zero.
  private func strides(_ extents: [Int], without missing: Set<Int>) -> [Int] {
    extents.indices.map { axis in
      if missing.contains(axis) { return 0 }
      return extents.indices.reduce(1) { $1 > axis && !missing.contains($1) ? $0 * extents[$1] : $0 }
    }
  }
}
