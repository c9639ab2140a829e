import VisionTransformer

/// Which axes of a tensor Adafactor's second moment is factored over.
///
/// The rule is Optax's `scale_by_factored_rms` as big_vision sets it: the two largest dimensions, if the smaller of them has
/// at least 32 elements; among equal dimensions the later one counts as the larger.
/// Source: arXiv 1804.04235 section 3; arXiv 2106.04560 section 3.4; big_vision's `scale_by_adafactor`.
public struct Factoring: Sendable, Hashable {
  /// Smallest dimension that is factored.
  public static let minimumSize: Int32 = 32

  /// Sizes reduced to what decides the factoring: their order and whether each reaches the minimum. Equal for all sizes
  /// that factor alike, so that a program is built once for all of them.
  private var ranks: SIMD16<UInt8>

  /// The factoring rule for these sizes; all sizes are alike under an optimizer that factors nothing.
  init(_ optimizer: Optimizer, _ sizes: AxisSizes) {
    ranks = .zero
    guard optimizer == .adafactor else { return }
    // Only axes of parameters matter (the others would split equal programs), and of those only what can reach 32.
    func size(_ axis: Axis) -> Int32 {
      let size = sizes.sizes[Int(axis.rawValue)]
      return size >= Self.minimumSize ? size : .max
    }
    let values = SIMD8<Int32>(
      size(.tokens), size(.width), size(.mlpWidth), size(.heads), size(.headWidth), size(.classes), size(.patchRows),
      .max)
    // A rank is one more than the number of smaller factorable sizes; equal sizes have equal ranks.
    func rank(_ value: Int32) -> UInt8 {
      guard value < .max else { return 0 }
      let smaller = SIMD8<Int32>.zero.replacing(with: 1, where: values .< value)
      return UInt8(truncatingIfNeeded: 1 &+ smaller.wrappedSum())
    }
    ranks[Int(Axis.tokens.rawValue)] = rank(values[0])
    ranks[Int(Axis.width.rawValue)] = rank(values[1])
    ranks[Int(Axis.mlpWidth.rawValue)] = rank(values[2])
    ranks[Int(Axis.heads.rawValue)] = rank(values[3])
    ranks[Int(Axis.headWidth.rawValue)] = rank(values[4])
    ranks[Int(Axis.classes.rawValue)] = rank(values[5])
    ranks[Int(Axis.patchRows.rawValue)] = rank(values[6])
    ranks[Int(Axis.patchColumns.rawValue)] = rank(values[6])
  }

  /// Indices of the largest and the second largest axis, or nil where the tensor is not factored.
  public func axes(of type: TensorType) -> (largest: Int, second: Int)? {
    guard type.axes.count >= 2 else { return nil }
    let order = type.axes.indices.sorted { (ranks[at: type.axes[$0]], $0) < (ranks[at: type.axes[$1]], $1) }
    let largest = order[order.count - 1], second = order[order.count - 2]
    return ranks[at: type.axes[second]] > 0 ? (largest, second) : nil
  }
}

extension SIMD16<UInt8> {
  fileprivate subscript(at axis: Axis) -> UInt8 { self[Int(axis.rawValue)] }
}
