/// Writes the wire format of protocol buffers, as far as a compile's options need it.
///
/// Source: protobuf.dev/programming-guides/encoding.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  /// A whole number; negative ones take ten bytes.
  mutating func integer(_ field: Int, _ value: Int) {
    tag(field, 0)
    variant(UInt64(bitPattern: Int64(value)))
  }

  /// True or false.
  mutating func boolean(_ field: Int, _ value: Bool) { integer(field, value ? 1 : 0) }

  /// A number of 64 bits.
  mutating func double(_ field: Int, _ value: Double) {
    tag(field, 1)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  /// Bytes with their length: a text, a message, a packed list.
  mutating func data(_ field: Int, _ value: some Collection<UInt8>) {
    tag(field, 2)
    variant(UInt64(value.count))
    bytes += value
  }

  /// A nested message.
  mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
    var inner = ProtobufWriter()
    body(&inner)
    data(field, inner.bytes)
  }

  /// A list of whole numbers, packed.
  mutating func integers(_ field: Int, _ values: [Int]) {
    var inner = ProtobufWriter()
    for value in values { inner.variant(UInt64(bitPattern: Int64(value))) }
    data(field, inner.bytes)
  }

  private mutating func tag(_ field: Int, _ wireType: Int) { variant(UInt64(field << 3 | wireType)) }

  private mutating func variant(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
