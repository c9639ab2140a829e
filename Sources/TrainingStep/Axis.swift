import VisionTransformer

/// A named dimension of a tensor. Programs are written over axes, not over numbers, so that one program serves every size.
///
/// `tokens` and `keyTokens` have the same size: attention contracts one with the other, and a contraction identifies
/// its axes by name.
public enum Axis: UInt8, Sendable, Hashable, CaseIterable {
  /// Images a core, B.
  case batch
  /// Tokens of an image, T: patches and, with a class token, one more.
  case tokens
  /// The same tokens as keys and values of attention, T.
  case keyTokens
  /// Patches of an image, N.
  case patches
  /// Width of the residual stream, D.
  case width
  /// Width of the MLP's hidden layer, M.
  case mlpWidth
  /// Attention heads, H.
  case heads
  /// Width of one head, d.
  case headWidth
  /// Classifier outputs, C.
  case classes
  /// Image rows, R.
  case imageRows
  /// Image columns, R.
  case imageColumns
  /// Colour channels, 3.
  case channels
  /// Patch rows, P.
  case patchRows
  /// Patch columns, P.
  case patchColumns
  /// A single position: the class token, the MAP probe, a leading 1 of the positional embedding.
  case one
}

/// The size of every axis for one configuration.
public struct AxisSizes: Sendable, Hashable {
  /// Sizes by the raw value of the axis.
  public var sizes: SIMD16<Int32>

  /// The sizes of a validated configuration.
  public init(_ c: Configuration) {
    func size(_ value: Int) -> Int32 { Int32(clamping: value) }
    let tokens = size(c.tokens), image = size(c.imageSize), patch = size(c.shape.patch)
    // In the order of the axes.
    sizes = SIMD16(
      size(c.batch), tokens, tokens, size(c.patches), size(c.shape.width), size(c.shape.mlpWidth), size(c.shape.heads),
      size(c.shape.headWidth), size(c.classes), image, image, 3, patch, patch, 1, 1)
  }

  /// Size of `axis`.
  @inlinable
  public subscript(axis: Axis) -> Int {
    get { Int(sizes[Int(axis.rawValue)]) }
    set { sizes[Int(axis.rawValue)] = Int32(clamping: newValue) }
  }
}

/// Type of a tensor's elements.
public enum ElementType: UInt8, Sendable, Hashable, CaseIterable {
  /// 32-bit IEEE floating point.
  case float32
  /// 16-bit brain floating point.
  case bfloat16
  /// 32-bit signed integer (step counters).
  case int32

  /// Bytes of one element.
  @inlinable @inline(__always)
  public var size: Int { self == .bfloat16 ? 2 : 4 }
}

/// Element type and axes of a tensor; a scalar has no axes.
public struct TensorType: Sendable, Hashable {
  /// Axes from the slowest to the fastest varying, as the program writes them; a device may use another layout.
  public var axes: Axes
  /// Type of the elements.
  public var element: ElementType

  /// A tensor over `axes`.
  public init(_ axes: Axes, _ element: ElementType) {
    self.axes = axes
    self.element = element
  }

  /// Number of elements, unpadded.
  public func elementCount(_ sizes: AxisSizes) -> Int { axes.reduce(1) { $0 * sizes[$1] } }

  /// Number of bytes, unpadded.
  public func byteCount(_ sizes: AxisSizes) -> Int { elementCount(sizes) * element.size }

  /// The same axes with another element type.
  public func with(_ element: ElementType) -> TensorType { TensorType(axes, element) }
}

extension TensorType: CustomStringConvertible {
  /// `(batch, tokens, width) bfloat16`.
  public var description: String { "(" + axes.map { "\($0)" }.joined(separator: ", ") + ") \(element)" }
}
