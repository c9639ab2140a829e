import TrainingStep

/// Equal matrix products `(m,k) . (k,n)`, as a kernel runs them.
public struct MatrixProduct: Sendable, Hashable {
  /// Rows of the result.
  public var m: Int
  /// Columns of the result.
  public var n: Int
  /// Elements summed.
  public var k: Int
  /// Whether the left operand is stored transposed, `(k,m)`.
  public var transposesLeft: Bool
  /// Whether the right operand is stored transposed, `(n,k)`.
  public var transposesRight: Bool
  /// Number of products.
  public var count: Int

  /// A product; by default a single one, with neither operand stored transposed.
  public init(
    m: Int, n: Int, k: Int, transposesLeft: Bool = false, transposesRight: Bool = false, count: Int = 1
  ) {
    self.m = m
    self.n = n
    self.k = k
    self.transposesLeft = transposesLeft
    self.transposesRight = transposesRight
    self.count = count
  }

  /// FLOPs of all products, a multiply-add counting 2.
  public var flops: Double { 2 * Double(m) * Double(n) * Double(k) * Double(count) }
}

extension HostKernel {
  /// The matrix products of the kernel for these sizes: a lower bound on its time if everything else were free.
  public func products(_ sizes: AxisSizes) -> [MatrixProduct] {
    switch self {
    case .linear(let l): return [MatrixProduct(m: l.m(sizes), n: l.n(sizes), k: l.k(sizes), count: l.layers.count)]
    case .mlp(let l):
      let m = l.m(sizes), outer = l.outer(sizes), inner = l.inner(sizes)
      return [MatrixProduct(m: m, n: inner, k: outer), MatrixProduct(m: m, n: outer, k: inner)]
    case .attention(let a):
      let (queries, keys, width, count) = a.sizes(sizes)
      return [
        MatrixProduct(m: queries, n: keys, k: width, transposesRight: true, count: count),
        MatrixProduct(m: queries, n: width, k: keys, count: count),
      ]
    case .attentionGradient(let a, _):
      let (queries, keys, width, count) = a.sizes(sizes)
      return [
        // The recomputed logits, and the gradient of the probabilities.
        MatrixProduct(m: queries, n: keys, k: width, transposesRight: true, count: 2 * count),
        // The gradient of the queries, then those of keys and values.
        MatrixProduct(m: queries, n: width, k: keys, count: count),
        MatrixProduct(m: keys, n: width, k: queries, transposesLeft: true, count: 2 * count),
      ]
    case .mlpGradient(let g):
      let m = g.m(sizes), inner = g.inner(sizes)
      return [
        MatrixProduct(m: inner, n: g.outer(sizes), k: m, transposesLeft: true),
        MatrixProduct(m: m, n: inner, k: g.outer(sizes), transposesRight: true),
        MatrixProduct(m: g.into(sizes), n: inner, k: m, transposesLeft: true),
      ]
    case .inputGradient(let g):
      return g.pairs.map {
        MatrixProduct(m: g.m(sizes), n: g.k(sizes), k: $0.n(sizes), transposesRight: true)
      }
    case .weightGradient(let g):
      return [
        MatrixProduct(m: g.k(sizes), n: g.n(sizes), k: g.m(sizes), transposesLeft: true, count: g.layers.count)
      ]
    case .patches, .layerNorm, .normalize, .move, .loss, .lossGradient, .clipFactor, .update, .reference: return []
    }
  }
}

extension HostKernel.Attention {
  /// Queries and keys of one image, width of a head, and the number of (image, head) pairs.
  public func sizes(_ sizes: AxisSizes) -> (queries: Int, keys: Int, width: Int, count: Int) {
    (sizes[queries], sizes[keys], sizes[.headWidth], sizes[.batch] * sizes[.heads])
  }
}
