import VisionTransformer

/// The axes over which Adafactor's second moment of a tensor is factored.
///
/// The rule is Optax's `scale_by_factored_rms` as big_vision sets it: the two largest dimensions, if the smaller of them has
/// at least 32 elements; among equal dimensions the later one counts as the larger.
/// Source: arXiv 1804.04235 section 3; arXiv 2106.04560 section 3.4; big_vision's `scale_by_adafactor`.
public struct Factoring: Sendable, Hashable {
  /// Smallest dimension that is factored.
  public static let minimumSize: Int32 = 32

  /// The part of the sizes that decides the factoring: their order, and which of them reach the minimum. Sizes that
  /// factor alike have equal ranks, so that one program is built for all of them.
  ///
  /// Ranks of tokens, width, MLP-width, heads, head width, classes and patch side in four bits each, from the lowest up.
  public let ranks: UInt32

  /// The factoring for these sizes; the same for all sizes under an optimizer that factors nothing.
  init(_ optimizer: Optimizer, _ sizes: AxisSizes) {
    guard optimizer == .adafactor else {
      ranks = 0
      return
    }
    // Only axes of parameters matter (others would tell equal programs apart), and of those only the ones that can
    // reach 32.
    func size(_ axis: Axis) -> Int32 {
      let size = sizes.sizes[Int(axis.rawValue)]
      return size >= Self.minimumSize ? size : .max
    }
    let values = (
      size(.tokens), size(.width), size(.mlpWidth), size(.heads), size(.headWidth), size(.classes), size(.patchRows)
    )
    // A rank is one more than the number of smaller factorable sizes; equal sizes have equal ranks.
    func rank(_ value: Int32) -> UInt32 {
      func one(_ other: Int32) -> UInt32 { other < value ? 1 : 0 }
      var smaller = one(values.0) &+ one(values.1) &+ one(values.2) &+ one(values.3)
      smaller = smaller &+ one(values.4) &+ one(values.5) &+ one(values.6)
      return value < .max ? smaller &+ 1 : 0
    }
    var packed = rank(values.0) | rank(values.1) << 4 | rank(values.2) << 8 | rank(values.3) << 12
    packed |= rank(values.4) << 16 | rank(values.5) << 20 | rank(values.6) << 24
    ranks = packed
  }

  /// Indices of the largest and the second largest axis; nil if the tensor is not factored.
  public func axes(of type: TensorType) -> (largest: Int, second: Int)? {
    guard type.axes.count >= 2 else { return nil }
    let order = type.axes.indices.sorted { (rank(type.axes[$0]), $0) < (rank(type.axes[$1]), $1) }
    let largest = order[order.count - 1], second = order[order.count - 2]
    return rank(type.axes[second]) > 0 ? (largest, second) : nil
  }

  // Zero for sizes that are too small and for axes that no parameter has.
  private func rank(_ axis: Axis) -> UInt32 {
    let place: UInt32
    switch axis {
    case .tokens: place = 0
    case .width: place = 1
    case .mlpWidth: place = 2
    case .heads: place = 3
    case .headWidth: place = 4
    case .classes: place = 5
    case .patchRows, .patchColumns: place = 6
    case .batch, .keyTokens, .patches, .imageRows, .imageColumns, .channels, .one: return 0
    }
    return (ranks >> (4 * place)) & 15
  }
}
