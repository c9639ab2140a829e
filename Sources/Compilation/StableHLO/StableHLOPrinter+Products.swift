import TrainingStep

extension StableHLOPrinter {
  private var precision: String { "precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>]" }

  /// Patches along one side, and the pixels after the last of them.
  private var patches: (perSide: Int, rest: Int) {
    let side = sizes[.imageRows], patch = max(1, sizes[.patchRows])
    return (side / patch, side % patch)
  }

  // images (B,R,R,3), kernel (P,P,3,D) -> (B,N,D)
  mutating func embedPatches(
    _ images: StableHLOTensor, _ kernel: StableHLOTensor, result: Value
  ) -> StableHLOTensor {
    let type = type(result), side = patches.perSide, shape = type.shape
    let y = writer.emit(
      "convolution", [images, kernel], StableHLOType([shape[0], side, side, shape[2]], type.element),
      attributes: convolution(
        "[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]", strides: [sizes[.patchRows], sizes[.patchColumns]],
        dilation: [1, 1], rest: 0))
    grids[result] = y
    return writer.reshape(y, shape)
  }

  // images (B,R,R,3), dy (B,N,D) -> (P,P,3,D): the images convolved with the gradient, dilated by the patch size.
  mutating func embedPatchesKernelGradient(
    _ images: StableHLOTensor, _ dy: StableHLOTensor, _ type: StableHLOType
  ) -> StableHLOTensor {
    let side = patches.perSide, shape = dy.type.shape
    let grid = writer.reshape(dy, [shape[0], side, side, shape[2]])
    return writer.emit(
      "convolution", [images, grid], type,
      attributes: convolution(
        "[f, 0, 1, b]x[i, 0, 1, o]->[0, 1, b, f]", strides: [1, 1],
        dilation: [sizes[.patchRows], sizes[.patchColumns]], rest: patches.rest))
  }

  private func convolution(_ dimensions: String, strides: [Int], dilation: [Int], rest: Int) -> String {
    let padding = rest == 0 ? "dense<0>" : "dense<[[0, \(-rest)], [0, \(-rest)]]>"
    return "dimension_numbers = #stablehlo.conv<\(dimensions)>, window_strides = \(StableHLOWriter.list(strides)), "
      + "padding = \(padding) : tensor<2x2xi64>, lhs_dilation = array<i64: 1, 1>, "
      + "rhs_dilation = \(StableHLOWriter.list(dilation)), window_reversal = array<i1: false, false>, "
      + "batch_group_count = 1 : i64, feature_group_count = 1 : i64, " + precision
  }

  /// A `dot_general`, followed by a transposition if the order of its result's axes differs.
  ///
  /// As in `einsum`, a forward product whose result is not in matrix order takes its operands in reverse, and its
  /// gradient is first brought into that order.
  mutating func contract(
    _ c: Contraction, _ lhs: StableHLOTensor, _ rhs: StableHLOTensor, isBackward: Bool
  ) -> StableHLOTensor {
    var c = c, lhs = lhs, rhs = rhs
    let shared = c.shared
    if !shared.isEmpty {
      if isBackward, !c.lhs.starts(with: shared) {
        let order = shared + Axes(c.lhs.filter { !shared.contains($0) }.reversed())
        lhs = writer.transpose(lhs, order.compactMap { c.lhs.firstIndex(of: $0) })
        c.lhs = order
      } else if !isBackward, c.output != shared + c.lhsFree + c.rhsFree {
        (c.lhs, c.rhs) = (c.rhs, c.lhs)
        swap(&lhs, &rhs)
      }
    }
    let contracted = c.contracted
    // Axes that both operands have, in the order of the left one.
    let batch = c.shared
    func places(_ axes: Axes, in operand: Axes) -> String {
      "[" + axes.compactMap { operand.firstIndex(of: $0) }.map { "\($0)" }.joined(separator: ", ") + "]"
    }
    let order = batch + c.lhsFree + c.rhsFree
    let type = StableHLOType(order.map { sizes[$0] }, lhs.type.element)
    let product = writer.emit(
      "dot_general", [lhs, rhs], type,
      attributes: "dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = \(places(batch, in: c.lhs)), "
        + "rhs_batching_dimensions = \(places(batch, in: c.rhs)), "
        + "lhs_contracting_dimensions = \(places(contracted, in: c.lhs)), "
        + "rhs_contracting_dimensions = \(places(contracted, in: c.rhs))>, " + precision)
    return writer.transpose(product, c.output.compactMap { order.firstIndex(of: $0) })
  }
}
