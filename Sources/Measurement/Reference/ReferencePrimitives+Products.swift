import TrainingStep

extension ReferencePrimitives {
  // images (B,R,R,3), kernel (P,P,3,D) -> (B,N,D): patch n is at row n / side and column n % side.
  func embedPatches(images: [Scalar], kernel: [Scalar]) -> [Scalar] {
    let width = sizes[.width]
    var y = [Scalar](repeating: 0, count: sizes[.batch] * patchCount * width)
    forEachPixel { pixel, position, patch in
      let value = images[pixel]
      for d in 0..<width { y[patch * width + d] += value * kernel[position * width + d] }
    }
    return y
  }

  // images (B,R,R,3), dy (B,N,D) -> (P,P,3,D)
  func embedPatchesKernelGradient(images: [Scalar], dy: [Scalar]) -> [Scalar] {
    let width = sizes[.width]
    let positions = sizes[.patchRows] * sizes[.patchColumns] * sizes[.channels]
    var gradient = [Scalar](repeating: 0, count: positions * width)
    forEachPixel { pixel, position, patch in
      let value = images[pixel]
      for d in 0..<width { gradient[position * width + d] += value * dy[patch * width + d] }
    }
    return gradient
  }

  private var patchCount: Int {
    (sizes[.imageRows] / sizes[.patchRows]) * (sizes[.imageColumns] / sizes[.patchColumns])
  }

  // Every pixel and channel that a patch covers: its offset in the images, its position (P,P,3) in the patch, and the
  // index (B,N) of the patch. Pixels that no patch covers are dropped, as in a VALID convolution.
  @inline(__always)
  private func forEachPixel(_ body: (_ pixel: Int, _ position: Int, _ patch: Int) -> Void) {
    let rows = sizes[.imageRows], columns = sizes[.imageColumns], channels = sizes[.channels]
    let height = sizes[.patchRows], width = sizes[.patchColumns]
    let patchRows = rows / height, patchColumns = columns / width
    // (B, patch row, patch column, row in patch, column in patch, channel)
    let loop = AxisLoop(
      [sizes[.batch], patchRows, patchColumns, height, width, channels],
      [
        [rows * columns * channels, height * columns * channels, width * channels, columns * channels, channels, 1],
        [0, 0, 0, width * channels, channels, 1],
        [patchRows * patchColumns, patchColumns, 1, 0, 0, 0],
      ])
    loop.forEach { body($0[0], $0[1], $0[2]) }
  }

  // output[o] = sum over the axes that the output lacks of lhs * rhs. The output's last axis runs innermost.
  func contract(_ c: Contraction, _ lhs: [Scalar], _ rhs: [Scalar]) -> [Scalar] {
    let summed = (c.lhs + c.rhs.filter { !c.lhs.contains($0) }).filter { !c.output.contains($0) }
    let loop = AxisLoop(over: c.output.dropLast() + summed, [c.output, c.lhs, c.rhs], sizes)
    let count = c.output.last.map { sizes[$0] } ?? 1
    let lhsStride = c.output.last.map { AxisLoop.stride(of: $0, in: c.lhs, sizes) } ?? 0
    let rhsStride = c.output.last.map { AxisLoop.stride(of: $0, in: c.rhs, sizes) } ?? 0
    let total = c.output.reduce(1) { $0 * sizes[$1] }
    return [Scalar](unsafeUninitializedCapacity: total) { y, initialized in
      y.initialize(repeating: 0)
      initialized = total
      lhs.withUnsafeBufferPointer { lhs in
        rhs.withUnsafeBufferPointer { rhs in
          loop.forEach { offsets in
            let o = offsets[0], l = offsets[1], r = offsets[2]
            // The branches are equivalent; the compiler vectorizes the first two.
            if lhsStride == 0, rhsStride == 1 {
              let factor = lhs[l]
              for i in 0..<count { y[o + i] += factor * rhs[r + i] }
            } else if lhsStride == 1, rhsStride == 0 {
              let factor = rhs[r]
              for i in 0..<count { y[o + i] += lhs[l + i] * factor }
            } else {
              for i in 0..<count { y[o + i] += lhs[l + i * lhsStride] * rhs[r + i * rhsStride] }
            }
          }
        }
      }
    }
  }
}
