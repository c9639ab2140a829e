import TrainingStep

/// Nested loops over axes, the last fastest, that know where each step stands in up to four tensors.
///
/// A tensor that lacks an axis stays where it is along it: this is what broadcasting and summing are made of.
struct AxisLoop {
  private let extents: [Int]
  // Of each axis, the distance of neighbours in each tensor.
  private let strides: [SIMD4<Int>]

  /// Loops over `axes` through tensors of the axes `tensors`.
  init(over axes: [Axis], _ tensors: [[Axis]], _ sizes: AxisSizes) {
    self.init(axes.map { sizes[$0] }, tensors.map { tensor in axes.map { Self.stride(of: $0, in: tensor, sizes) } })
  }

  /// Loops of `extents` through tensors of those strides, one a loop.
  init(_ extents: [Int], _ tensors: [[Int]]) {
    self.extents = extents
    strides = extents.indices.map { axis in
      var each = SIMD4<Int>.zero
      for (index, tensor) in tensors.enumerated() { each[index] = tensor[axis] }
      return each
    }
  }

  /// Visits every step with the offset in each tensor.
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

  /// Distance of neighbours along `axis` in a row-major tensor; 0 where it lacks the axis, and along a single position.
  static func stride(of axis: Axis, in tensor: [Axis], _ sizes: AxisSizes) -> Int {
    guard axis != .one, let position = tensor.firstIndex(of: axis) else { return 0 }
    return tensor[(position + 1)...].reduce(1) { $0 * sizes[$1] }
  }
}
