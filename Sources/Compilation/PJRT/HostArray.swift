import CPJRT

/// An array in this process's memory, with the last dimension varying fastest.
public struct HostArray: Sendable, Hashable {
  /// Type of the elements.
  public var type: ElementType
  /// Extents.
  public var dimensions: [Int]
  /// The elements, little-endian.
  public var bytes: [UInt8]

  /// Element types that these arrays support.
  public enum ElementType: Sendable, Hashable, CaseIterable {
    case float32, bfloat16, int32, int64, uint32, boolean

    /// Bytes of an element.
    public var bytes: Int {
      switch self {
      case .float32, .int32, .uint32: 4
      case .bfloat16: 2
      case .int64: 8
      case .boolean: 1
      }
    }

    /// The type in the plugin interface.
    var code: Int32 {
      switch self {
      case .float32: Int32(sfj_f32)
      case .bfloat16: Int32(sfj_bf16)
      case .int32: Int32(sfj_s32)
      case .int64: Int32(sfj_s64)
      case .uint32: Int32(sfj_u32)
      case .boolean: Int32(sfj_pred)
      }
    }

    init?(code: Int32) {
      guard let type = Self.allCases.first(where: { $0.code == code }) else { return nil }
      self = type
    }
  }

  /// An array of `bytes`.
  public init(type: ElementType, dimensions: [Int], bytes: [UInt8]) {
    self.type = type
    self.dimensions = dimensions
    self.bytes = bytes
  }

  /// An array of float32.
  public init(_ values: [Float], dimensions: [Int]) {
    self.init(type: .float32, dimensions: dimensions, bytes: values.withUnsafeBytes { Array($0) })
  }

  /// An array of int32.
  public init(int32 values: [Int32], dimensions: [Int]) {
    self.init(type: .int32, dimensions: dimensions, bytes: values.withUnsafeBytes { Array($0) })
  }

  /// Numbers rounded to bfloat16, to nearest with ties to even.
  public init(bfloat16 values: [Float], dimensions: [Int]) {
    let halves = values.map { value -> UInt16 in
      let bits = value.bitPattern
      guard !value.isNaN else { return 0x7FC0 }
      return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
    }
    self.init(type: .bfloat16, dimensions: dimensions, bytes: halves.withUnsafeBytes { Array($0) })
  }

  /// The elements as numbers.
  public var floats: [Float] {
    bytes.withUnsafeBytes { raw in
      (0..<raw.count / type.bytes).map { index in
        let place = index * type.bytes
        switch type {
        case .float32: return raw.loadUnaligned(fromByteOffset: place, as: Float.self)
        case .bfloat16:
          return Float(bitPattern: UInt32(raw.loadUnaligned(fromByteOffset: place, as: UInt16.self)) << 16)
        case .int32: return Float(raw.loadUnaligned(fromByteOffset: place, as: Int32.self))
        case .uint32: return Float(raw.loadUnaligned(fromByteOffset: place, as: UInt32.self))
        case .int64: return Float(raw.loadUnaligned(fromByteOffset: place, as: Int64.self))
        case .boolean: return raw[place] == 0 ? 0 : 1
        }
      }
    }
  }
}
