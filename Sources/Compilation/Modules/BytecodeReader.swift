/// Reads the primitives of MLIR's bytecode; nil beyond the end.
///
/// Source: mlir.llvm.org/docs/BytecodeFormat, "Primitives".
struct BytecodeReader {
  private let bytes: [UInt8]
  private(set) var index: Int
  private let end: Int

  /// A reader of `range` of `bytes`, which must be within them.
  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    index = range.lowerBound
    end = range.upperBound
  }

  /// Whether nothing is left.
  var isAtEnd: Bool { index >= end }

  /// The next byte.
  mutating func byte() -> UInt8? {
    guard index < end else { return nil }
    defer { index += 1 }
    return bytes[index]
  }

  /// A whole number of one to nine bytes: the trailing zero bits of the first byte give the number of further bytes.
  mutating func variant() -> UInt64? {
    guard let first = byte() else { return nil }
    let more = first == 0 ? 8 : first.trailingZeroBitCount
    guard end - index >= more else { return nil }
    var value = first == 0 ? 0 : UInt64(first)
    for place in 0..<more { value |= UInt64(bytes[index + place]) << (8 * UInt64(first == 0 ? place : place + 1)) }
    index += more
    // With nine bytes, the first holds no bits of the value.
    return first == 0 ? value : value >> UInt64(more + 1)
  }

  /// The same as a count or an index; nil also if it is larger than the input allows.
  mutating func count() -> Int? { variant().flatMap { $0 <= UInt64(bytes.count) ? Int($0) : nil } }

  /// A signed whole number, with its sign in the lowest bit.
  mutating func signed() -> Int64? {
    variant().map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
  }

  /// The range of the next `count` bytes, which it skips.
  mutating func skip(_ count: Int) -> Range<Int>? {
    guard count >= 0, end - index >= count else { return nil }
    defer { index += count }
    return index..<index + count
  }

  /// Text up to a zero byte.
  mutating func text() -> Range<Int>? {
    guard let zero = bytes[index..<end].firstIndex(of: 0) else { return nil }
    defer { index = zero + 1 }
    return index..<zero
  }

  /// The next section: its number and the range of its data.
  mutating func section() -> (number: UInt8, data: Range<Int>)? {
    guard let head = byte(), let length = count() else { return nil }
    if head & 0x80 != 0 {
      guard let alignment = count(), alignment > 0 else { return nil }
      // Alignment counts from the beginning of the file.
      while index % alignment != 0 { guard byte() == 0xCB else { return nil } }
    }
    return skip(length).map { (head & 0x7F, $0) }
  }
}
