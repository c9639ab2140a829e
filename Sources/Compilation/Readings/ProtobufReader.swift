/// Reads the wire format of protocol buffers field by field.
///
/// Source: protobuf.dev/programming-guides/encoding.
struct ProtobufReader {
  /// A field's value.
  enum Value {
    /// A whole number of any sign and size.
    case integer(UInt64)
    /// The range of length-prefixed bytes: a text, a message, a packed list.
    case data(Range<Int>)
    /// Four or eight bytes.
    case fixed(UInt64)
  }

  /// An error in the encoding of a message.
  struct Malformed: Error, Hashable, CustomStringConvertible {
    /// Where it was detected.
    var offset: Int
    /// What is wrong there.
    var problem: String

    var description: String { "no protocol buffer at byte \(offset): \(problem)" }
  }

  private let bytes: [UInt8]
  private var index: Int
  private let end: Int

  /// A reader of all `bytes`.
  init(_ bytes: [UInt8]) { self.init(bytes, bytes.startIndex..<bytes.endIndex) }

  /// A reader of the message in `range`.
  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    index = range.lowerBound
    end = range.upperBound
  }

  /// The next field with its number; nil at the end.
  mutating func next() throws(Malformed) -> (field: Int, value: Value)? {
    guard index < end else { return nil }
    let tag = try variant()
    let field = Int(tag >> 3 & 0x1FFF_FFFF)
    guard field > 0 else { throw Malformed(offset: index, problem: "a field without a number") }
    switch tag & 7 {
    case 0: return (field, .integer(try variant()))
    case 1: return (field, .fixed(try fixed(8)))
    case 5: return (field, .fixed(try fixed(4)))
    case 2:
      let count = try variant()
      guard count <= UInt64(end - index) else {
        throw Malformed(offset: index, problem: "\(count) bytes where \(end - index) are left")
      }
      let start = index
      index += Int(count)
      return (field, .data(start..<index))
    default: throw Malformed(offset: index, problem: "wire type \(tag & 7)")
    }
  }

  /// The bytes in `range` as text.
  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// The message in `range`.
  func message(_ range: Range<Int>) -> ProtobufReader { ProtobufReader(bytes, range) }

  /// Adds a whole number, or the whole numbers of a packed list, to `list`.
  func append(_ value: Value, to list: inout [Int]) throws(Malformed) {
    switch value {
    case .integer(let number): list.append(Int(truncatingIfNeeded: number))
    case .fixed(let number): list.append(Int(truncatingIfNeeded: number))
    case .data(let range):
      var inner = ProtobufReader(bytes, range)
      while inner.index < inner.end { list.append(Int(truncatingIfNeeded: try inner.variant())) }
    }
  }

  private mutating func variant() throws(Malformed) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while index < end, shift < 64 {
      let byte = bytes[index]
      index += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw Malformed(offset: index, problem: "a number without an end")
  }

  private mutating func fixed(_ count: Int) throws(Malformed) -> UInt64 {
    guard end - index >= count else { throw Malformed(offset: index, problem: "\(count) bytes where fewer are left") }
    defer { index += count }
    return bytes[index..<index + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension ProtobufReader.Value {
  /// The whole number; nil for bytes.
  var integer: Int? {
    switch self {
    case .integer(let value), .fixed(let value): Int(truncatingIfNeeded: value)
    case .data: nil
    }
  }

  /// The range of the bytes; nil for numbers.
  var range: Range<Int>? {
    if case .data(let range) = self { range } else { nil }
  }
}
