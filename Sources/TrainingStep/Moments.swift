import VisionTransformer

/// The state that an optimizer keeps for each parameter, from which programs are written and bytes are counted.
public struct Moments: Sendable, Hashable {
  /// Element type of the first moment, or of the momentum; nil if there is none.
  public var first: ElementType?
  /// Element type of the second moment; nil if there is none.
  public var second: ElementType?
  /// Whether the second moment is stored as sums over two axes, for tensors that `Factoring` factors.
  public var isSecondFactored: Bool

  /// Moments of these types.
  @inlinable @inline(__always)
  public init(first: ElementType? = nil, second: ElementType? = nil, isSecondFactored: Bool = false) {
    self.first = first
    self.second = second
    self.isSecondFactored = isSecondFactored
  }

  /// Bytes for each element of a large kernel; a factored moment counts as zero, being negligible there.
  @inlinable @inline(__always)
  public var bytesOfKernel: Int { (first?.size ?? 0) + (isSecondFactored ? 0 : second?.size ?? 0) }
}

extension Optimizer {
  /// The state that the optimizer keeps for each parameter.
  @inlinable @inline(__always)
  public var moments: Moments {
    switch self {
    case .sgd: Moments()
    case .sgdMomentum: Moments(first: .float32)
    case .adam: Moments(first: .float32, second: .float32)
    case .adamHalf: Moments(first: .bfloat16, second: .float32)
    case .adafactor: Moments(first: .bfloat16, second: .float32, isSecondFactored: true)
    }
  }
}
