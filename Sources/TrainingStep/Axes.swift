/// The axes of a tensor in order: at most 15, packed into one word, so that programs copy, compare and hash them without
/// memory of their own.
public struct Axes: Sendable, Hashable {
  /// Four bits an axis from the lowest up, and the number of axes in the highest four.
  @usableFromInline var packed: UInt64 = 0

  // Where an axis stands, and where their number.
  @inlinable static func place(_ index: Int) -> UInt64 { UInt64(4 &* index) }
  @inlinable static var countPlace: UInt64 { 60 }

  /// No axes, as of a scalar.
  @inlinable public init() {}

  /// Whether an axis stands in it twice.
  var hasDuplicates: Bool { indices.contains { self[..<$0].contains(self[$0]) } }
}

extension Axes: RandomAccessCollection, RangeReplaceableCollection {
  /// Always 0.
  @inlinable public var startIndex: Int { 0 }
  /// The number of axes.
  @inlinable public var endIndex: Int { Int(packed >> Self.countPlace) }

  /// The axis at a position.
  @inlinable
  public subscript(index: Int) -> Axis {
    precondition(index >= 0 && index < endIndex, "no such axis")
    return Axis(rawValue: UInt8(truncatingIfNeeded: packed >> Self.place(index)) & 15) ?? .one
  }

  /// Adds an axis at the end.
  @inlinable
  public mutating func append(_ axis: Axis) {
    precondition(endIndex < 15, "a tensor has at most 15 axes")
    packed |= UInt64(axis.rawValue) << Self.place(endIndex)
    packed += 1 << Self.countPlace
  }

  /// Puts axes in the place of others.
  public mutating func replaceSubrange(_ range: Range<Int>, with axes: some Collection<Axis>) {
    var replaced = Axes()
    for axis in self[..<range.lowerBound] { replaced.append(axis) }
    for axis in axes { replaced.append(axis) }
    for axis in self[range.upperBound...] { replaced.append(axis) }
    self = replaced
  }

  /// The axes without the last `count`.
  public func dropLast(_ count: Int = 1) -> Axes { Axes(self[..<Swift.max(0, self.count - count)]) }

  /// The last `count` axes.
  public func suffix(_ count: Int) -> Axes { Axes(self[Swift.max(0, self.count - count)...]) }
}

extension Axes: ExpressibleByArrayLiteral {
  /// `[.batch, .tokens, .width]`.
  public init(arrayLiteral axes: Axis...) { self.init(axes) }
}

extension Axes: CustomStringConvertible {
  /// `[batch, tokens, width]`.
  public var description: String { "[" + map { "\($0)" }.joined(separator: ", ") + "]" }
}
