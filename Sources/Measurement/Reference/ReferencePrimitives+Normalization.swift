import Foundation
import TrainingStep

extension ReferencePrimitives {
  private var epsilon: Scalar { Scalar(1e-6) }

  // Mean and 1 / sqrt(variance + epsilon) of the row from `start`; the variance is that of the row itself (biased).
  private func statistics(_ x: [Scalar], _ start: Int, _ width: Int) -> (mean: Scalar, reciprocalDeviation: Scalar) {
    var mean: Scalar = 0, variance: Scalar = 0
    for i in 0..<width { mean += x[start + i] }
    mean /= Scalar(width)
    for i in 0..<width { variance += (x[start + i] - mean) * (x[start + i] - mean) }
    variance /= Scalar(width)
    return (mean, 1 / (variance + epsilon).squareRoot())
  }

  // x (..,D), scale (D), bias (D) -> (..,D)
  func layerNorm(_ x: [Scalar], scale: [Scalar], bias: [Scalar]) -> [Scalar] {
    let width = scale.count
    var y = x
    for start in rows(x, of: width) {
      let (mean, reciprocal) = statistics(x, start, width)
      for i in 0..<width { y[start + i] = (x[start + i] - mean) * reciprocal * scale[i] + bias[i] }
    }
    return y
  }

  // x (..,D), scale (D), dy (..,D) -> dx (..,D), dscale (D), dbias (D). With z the normalised row and g = dy * scale:
  // dx = (g - mean(g) - z * mean(g * z)) / deviation.
  func layerNormGradient(_ x: [Scalar], scale: [Scalar], dy: [Scalar]) -> [[Scalar]] {
    let width = scale.count
    var dx = x
    var dscale = [Scalar](repeating: 0, count: width), dbias = dscale
    for start in rows(x, of: width) {
      let (mean, reciprocal) = statistics(x, start, width)
      var meanG: Scalar = 0, meanGZ: Scalar = 0
      for i in 0..<width {
        let z = (x[start + i] - mean) * reciprocal, g = dy[start + i] * scale[i]
        meanG += g
        meanGZ += g * z
        dscale[i] += dy[start + i] * z
        dbias[i] += dy[start + i]
      }
      meanG /= Scalar(width)
      meanGZ /= Scalar(width)
      for i in 0..<width {
        let z = (x[start + i] - mean) * reciprocal, g = dy[start + i] * scale[i]
        dx[start + i] = (g - meanG - z * meanGZ) * reciprocal
      }
    }
    return [dx, dscale, dbias]
  }

  // x (..,K) -> (..,K)
  func softmax(_ x: Tensor) -> [Scalar] {
    let length = x.type.axes.last.map { sizes[$0] } ?? 1
    var y = x.elements
    for start in rows(y, of: length) {
      let row = start..<start + length
      let largest = y[row].max() ?? 0
      var sum: Scalar = 0
      for i in row {
        y[i] = inDouble(exp, y[i] - largest)
        sum += y[i]
      }
      for i in row { y[i] /= sum }
    }
    return y
  }

  // y = softmax(x) (..,K), dy (..,K) -> dx (..,K): y * (dy - sum(y * dy))
  func softmaxGradient(_ y: Tensor, dy: [Scalar]) -> [Scalar] {
    let length = y.type.axes.last.map { sizes[$0] } ?? 1
    var dx = dy
    for start in rows(dy, of: length) {
      let row = start..<start + length
      var dot: Scalar = 0
      for i in row { dot += y.elements[i] * dy[i] }
      for i in row { dx[i] = y.elements[i] * (dy[i] - dot) }
    }
    return dx
  }

  // 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
  func gelu(_ x: Scalar) -> Scalar { 0.5 * x * (1 + geluTanh(x)) }

  // Its derivative.
  func geluDerivative(_ x: Scalar) -> Scalar {
    let t = geluTanh(x)
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * geluSlope * (1 + 3 * geluCubic * x * x)
  }

  private var geluSlope: Scalar { Scalar((2 / Double.pi).squareRoot()) }
  private var geluCubic: Scalar { Scalar(0.044715) }
  private func geluTanh(_ x: Scalar) -> Scalar { inDouble(tanh, geluSlope * (x + geluCubic * x * x * x)) }

  // logits, labels (B,C) -> (): the mean over images of the sum over classes of
  // max(x, 0) - x z + log(1 + exp(-|x|)), which neither overflows nor cancels. Summed in double precision: classes are many.
  func sigmoidCrossEntropy(logits: [Scalar], labels: [Scalar]) -> Scalar {
    var sum = 0.0
    for (x, z) in zip(logits, labels) {
      sum += Double(max(x, 0) - x * z) + log1p(exp(-abs(Double(x))))
    }
    return Scalar(sum / Double(sizes[.batch]))
  }

  // logits, labels (B,C) -> (sigmoid(logits) - labels) / B
  func sigmoidCrossEntropyGradient(logits: [Scalar], labels: [Scalar]) -> [Scalar] {
    zip(logits, labels).map { x, z in (inDouble({ 1 / (1 + exp(-$0)) }, x) - z) / Scalar(sizes[.batch]) }
  }
}
