/// One operation of a training step: the closed list that estimation, compilation and measurement all cover.
///
/// Each primitive has its shape rule in `Primitive+Shape.swift`, its work in `Primitive+Work.swift` and its backward in
/// `Primitive+Backward.swift`: exhaustive switches over this list.
///
/// The mathematics follows Flax's `linen` layers and Optax, which is what people run.
public enum Primitive: Sendable, Hashable {
  /// `(images (B,R,R,3), kernel (P,P,3,D)) -> (B,N,D)`: a VALID convolution with stride P. `positions` names the axis of
  /// the patches: `tokens` where the patches are all the tokens there are.
  case embedPatches(positions: Axis)
  /// `(images, dy (B,N,D)) -> (P,P,3,D)`.
  case embedPatchesKernelGradient

  /// `(lhs, rhs) -> output`: a sum of products over the axes that both operands have and the output lacks. Covers
  /// everything that runs on a matrix unit except the patch embedding.
  case contract(Contraction)

  /// `(x, p) -> x + p`, with `p` repeated over the axes it lacks: biases and the positional embedding.
  case addBroadcast
  /// `(x, y) -> x + y` of equal types: residual connections, and sums of gradients from several uses.
  case add
  /// `x -> x / sqrt(d)`: the scale of attention queries.
  case scaleByHeadWidth
  /// `x -> x` summed over the axes that `output` lacks: gradients of biases, embeddings and tiled tokens.
  case sum(output: Axes)
  /// `p -> p` repeated over the axes it lacks: the probe and the class token, tiled over the batch.
  case broadcast(output: Axes)
  /// `x -> x` in another element type.
  case convert(ElementType)

  /// `(x (..,D), scale (D), bias (D)) -> (..,D)`; statistics in float32, epsilon 1e-6.
  case layerNorm
  /// `(x, scale, dy) -> (dx, dscale, dbias)`.
  case layerNormGradient
  /// `x -> softmax over the last axis`.
  case softmax
  /// `(y = softmax(x), dy) -> dx`.
  case softmaxGradient
  /// `x -> GELU(x)`, tanh approximation (Flax's default).
  case gelu
  /// `(x, dy) -> dx`.
  case geluGradient

  /// `(token (B,1,D), x (B,N,D)) -> (B,T,D)`.
  case prependToken
  /// `dy (B,T,D) -> (B,N,D)`: the gradient of the patches that follow a prepended token.
  case dropToken
  /// `x (B,T,D) -> (B,D)`: the first token.
  case takeToken
  /// `dy (B,D) -> (B,T,D)`: zero except for the first token.
  case padToken
  /// `x (B,T,D) -> (B,D)`: the mean over tokens.
  case meanTokens
  /// `dy (B,D) -> (B,T,D)`: repeated and divided by T.
  case meanTokensGradient

  /// `(logits (B,C) float32, labels (B,C)) -> loss ()`: sigmoid cross-entropy, summed over classes, mean over images.
  case sigmoidCrossEntropy
  /// `(logits, labels) -> dlogits (B,C)`.
  case sigmoidCrossEntropyGradient

  /// `x -> x` averaged over the data-parallel cores.
  case allReduceMean
  /// `(g...) -> ()`: `min(1, 1 / norm)` over all gradients together, the factor of global-norm clipping at 1.0.
  case globalNormFactor
  /// `(g, factor ()) -> g * factor`.
  case scaleByFactor

  /// `(count ()) -> count + 1`.
  case increment
  /// `(p, g) -> p`.
  case sgdUpdate
  /// `(p, g, m) -> (p, m)`.
  case momentumUpdate
  /// `(p, g, m, v, count) -> (p, m, v)`; the first moment has the element type of `m`.
  case adamUpdate
  /// `(p, g, m, row, column, count) -> (p, m, row, column)`: second moment factored over the two named axes; `row` lacks
  /// the larger (`reducedInRow`), `column` the second largest (`reducedInColumn`).
  case adafactorUpdate(reducedInRow: Int, reducedInColumn: Int)
  /// `(p, g, m, v, count) -> (p, m, v)`: Adafactor on a tensor too small to factor.
  case adafactorUnfactoredUpdate

  /// `x -> x`: prevents a compiler from merging a recomputation with the original.
  case barrier
}

/// The axes of a contraction, as in `einsum`. An operand may carry an axis under another name than its type does
/// (`tokens` as `keyTokens`), to distinguish two axes of equal size.
public struct Contraction: Sendable, Hashable {
  /// Axes of the left operand.
  public var lhs: Axes
  /// Axes of the right operand.
  public var rhs: Axes
  /// Axes of the output.
  public var output: Axes

  /// A contraction of `lhs` and `rhs` to `output`.
  public init(_ lhs: Axes, _ rhs: Axes, _ output: Axes) {
    self.lhs = lhs
    self.rhs = rhs
    self.output = output
  }

  /// Axes summed over.
  public var contracted: Axes { lhs.filter { rhs.contains($0) && !output.contains($0) } }
  /// Axes of both operands and the output.
  public var shared: Axes { lhs.filter { rhs.contains($0) && output.contains($0) } }
  /// Axes of the left operand that the output keeps and the right lacks.
  public var lhsFree: Axes { lhs.filter { !rhs.contains($0) } }
  /// Axes of the right operand that the output keeps and the left lacks.
  public var rhsFree: Axes { rhs.filter { !lhs.contains($0) } }
}
