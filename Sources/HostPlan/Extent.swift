import TrainingStep

/// A number of elements as a product of axes: one dimension of the matrix that a tensor is viewed as.
public struct Extent: Sendable, Hashable {
  /// The axes whose sizes are multiplied; an empty list gives 1.
  public var axes: Axes

  /// The product of `axes`.
  public init(_ axes: Axes) { self.axes = axes }

  /// A single element.
  public static let one = Extent([])

  /// The number for these sizes.
  public func callAsFunction(_ sizes: AxisSizes) -> Int { axes.reduce(1) { $0 * sizes[$1] } }
}

extension Extent: CustomStringConvertible {
  /// `batch x tokens`, or `1`.
  public var description: String { axes.isEmpty ? "1" : axes.map { "\($0)" }.joined(separator: " x ") }
}
