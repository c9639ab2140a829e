import TrainingStep

/// Nested loops over axes, the last fastest, with offsets into up to four tensors.
///
/// The offset into a tensor that lacks an axis does not change along it, which gives broadcasts and sums.
struct AxisLoop {
  private let extents: [Int]
  // For each axis, the stride in each tensor.
  private let strides: [SIMD4<Int>]

  /// Loops over `axes` through tensors of the axes `tensors`.
  init(over axes: Axes, _ tensors: [Axes], _ sizes: AxisSizes) {
    self.init(axes.map { sizes[$0] }, tensors.map { tensor in axes.map { Self.stride(of: $0, in: tensor, sizes) } })
  }

  /// Loops of `extents` with the given strides into tensors, one for each loop.
  init(_ extents: [Int], _ tensors: [[Int]]) {
    self.extents = extents
    strides = extents.indices.map { axis in
      var each = SIMD4<Int>.zero
      for (index, tensor) in tensors.enumerated() { each[index] = tensor[axis] }
      return each
    }
  }

  /// Calls a closure for every step with the offset into each tensor.
  @inline(__always)
  func forEach(_ body: (SIMD4<Int>) -> Void) {
    guard !extents.contains(0) else { return }
    var index = [Int](repeating: 0, count: extents.count)
    var offsets = SIMD4<Int>.zero
    while true {
      body(offsets)
      var axis = extents.count - 1
      while axis >= 0 {
        index[axis] += 1
        offsets &+= strides[axis]
        if index[axis] < extents[axis] { break }
        offsets &-= strides[axis] &* extents[axis]
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }

  /// The stride along `axis` in a row-major tensor; 0 if the tensor lacks the axis, and along a single position.
  static func stride(of axis: Axis, in tensor: Axes, _ sizes: AxisSizes) -> Int {
    guard axis != .one, let position = tensor.firstIndex(of: axis) else { return 0 }
    return tensor[(position + 1)...].reduce(1) { $0 * sizes[$1] }
  }
}
