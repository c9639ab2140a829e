import Foundation

/// The plain mathematics that the kernels are compared with, in double precision and regardless of speed.
enum Reference {
  /// `op(a)[m,k] op(b)[k,n]`.
  static func product(
    _ a: [Double], _ b: [Double], _ m: Int, _ n: Int, _ k: Int, transposeA: Bool = false, transposeB: Bool = false
  ) -> [Double] {
    var c = [Double](repeating: 0, count: m * n)
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        c.withUnsafeMutableBufferPointer { c in
          for i in 0..<m {
            for l in 0..<k {
              let left = transposeA ? a[l * m + i] : a[i * k + l]
              for j in 0..<n { c[i * n + j] += left * (transposeB ? b[j * k + l] : b[l * n + j]) }
            }
          }
        }
      }
    }
    return c
  }

  static func columnSums(_ x: [Double], _ n: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: n)
    for i in x.indices { sums[i % n] += x[i] }
    return sums
  }

  private static let c = (2 / Double.pi).squareRoot()

  static func gelu(_ x: Double) -> Double { 0.5 * x * (1 + tanh(c * (x + 0.044715 * x * x * x))) }

  static func geluDerivative(_ x: Double) -> Double {
    let t = tanh(c * (x + 0.044715 * x * x * x))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x)
  }

  struct Norm {
    var y: [Double]
    var mean: [Double]
    var reciprocal: [Double]
  }

  static func layerNorm(_ x: [Double], scale: [Double], bias: [Double]) -> Norm {
    let n = scale.count
    var norm = Norm(y: x, mean: [], reciprocal: [])
    for i in 0..<x.count / n {
      let row = x[i * n..<(i + 1) * n]
      let mean = row.reduce(0, +) / Double(n)
      let reciprocal = 1 / (row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n) + 1e-6).squareRoot()
      for j in 0..<n { norm.y[i * n + j] = (x[i * n + j] - mean) * reciprocal * scale[j] + bias[j] }
      norm.mean.append(mean)
      norm.reciprocal.append(reciprocal)
    }
    return norm
  }

  static func layerNormGradient(
    _ x: [Double], scale: [Double], dy: [Double]
  ) -> (dx: [Double], dscale: [Double], dbias: [Double]) {
    let n = scale.count
    let norm = layerNorm(x, scale: scale, bias: [Double](repeating: 0, count: n))
    var dx = dy
    var dscale = [Double](repeating: 0, count: n)
    for i in 0..<x.count / n {
      let z = (0..<n).map { (x[i * n + $0] - norm.mean[i]) * norm.reciprocal[i] }
      let w = (0..<n).map { dy[i * n + $0] * scale[$0] }
      let wMean = w.reduce(0, +) / Double(n)
      let wzMean = zip(w, z).reduce(0) { $0 + $1.0 * $1.1 } / Double(n)
      for j in 0..<n {
        dx[i * n + j] = (w[j] - wMean - z[j] * wzMean) * norm.reciprocal[i]
        dscale[j] += dy[i * n + j] * z[j]
      }
    }
    return (dx, dscale, columnSums(dy, n))
  }

  struct Attention {
    var batch, queries, keys, heads, d: Int

    /// The rows of one image and head.
    func head(_ x: [Double], _ rows: Int, _ image: Int, _ head: Int) -> [Double] {
      (0..<rows).flatMap { (row: Int) -> ArraySlice<Double> in
        let start = ((image * rows + row) * heads + head) * d
        return x[start..<start + d]
      }
    }
    private func put(_ part: [Double], in x: inout [Double], _ rows: Int, _ image: Int, _ head: Int) {
      for r in 0..<rows {
        let start = ((image * rows + r) * heads + head) * d
        for c in 0..<d { x[start + c] = part[r * d + c] }
      }
    }

    private func weights(_ q: [Double], _ k: [Double]) -> (p: [Double], logsumexp: [Double]) {
      var p = product(q, k, queries, keys, d, transposeB: true).map { $0 / Double(d).squareRoot() }
      var sums: [Double] = []
      for i in 0..<queries {
        let largest = p[i * keys..<(i + 1) * keys].max() ?? 0
        let sum = p[i * keys..<(i + 1) * keys].reduce(0) { $0 + exp($1 - largest) }
        for j in 0..<keys { p[i * keys + j] = exp(p[i * keys + j] - largest) / sum }
        sums.append(largest + log(sum))
      }
      return (p, sums)
    }

    func callAsFunction(_ q: [Double], _ k: [Double], _ v: [Double]) -> (o: [Double], logsumexp: [Double]) {
      var o = q
      var logsumexp: [Double] = []
      for image in 0..<batch {
        for h in 0..<heads {
          let (p, sums) = weights(head(q, queries, image, h), head(k, keys, image, h))
          put(product(p, head(v, keys, image, h), queries, d, keys), in: &o, queries, image, h)
          logsumexp += sums
        }
      }
      return (o, logsumexp)
    }

    func gradient(
      _ q: [Double], _ k: [Double], _ v: [Double], _ dout: [Double]
    ) -> (dq: [Double], dk: [Double], dv: [Double]) {
      var (dq, dk, dv) = (q, k, v)
      for image in 0..<batch {
        for h in 0..<heads {
          let (qh, kh, vh) = (head(q, queries, image, h), head(k, keys, image, h), head(v, keys, image, h))
          let d0 = head(dout, queries, image, h)
          let p = weights(qh, kh).p
          put(product(p, d0, keys, d, queries, transposeA: true), in: &dv, keys, image, h)
          var ds = product(d0, vh, queries, keys, d, transposeB: true)
          for i in 0..<queries {
            let inner = (0..<keys).reduce(0) { $0 + p[i * keys + $1] * ds[i * keys + $1] }
            for j in 0..<keys {
              ds[i * keys + j] = p[i * keys + j] * (ds[i * keys + j] - inner) / Double(d).squareRoot()
            }
          }
          put(product(ds, kh, queries, d, keys), in: &dq, queries, image, h)
          put(product(ds, qh, keys, d, queries, transposeA: true), in: &dk, keys, image, h)
        }
      }
      return (dq, dk, dv)
    }
  }
}
