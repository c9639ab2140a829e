import VisionTransformer

/// The shape of an array or a tuple in an HLO program, with its layout on the device.
public struct HLOShape: Sendable, Hashable {
  /// Type of the elements.
  public var elementType: ElementType
  /// Extents, in the program's order of dimensions.
  public var dimensions: [Int]
  /// Dimensions from the fastest to the slowest varying in memory; empty if the shape has no layout.
  public var minorToMajor: [Int]
  /// Tiles, each over the most minor dimensions that the one before leaves: `T(8,128)(2,1)`.
  public var tiles: [[Int]]
  /// Bits of an element, if not those of its type: booleans take 32.
  public var elementBits: Int?
  /// 0 is the device's memory; others are on the chip.
  public var memorySpace: Int
  /// Shapes of a tuple's elements; empty for arrays.
  public var elements: [HLOShape]

  /// Types of elements.
  ///
  /// Source: openxla/xla, xla/xla_data.proto, `PrimitiveType`.
  public enum ElementType: Int, Sendable, Hashable {
    case pred = 1
    case s8 = 2
    case s16 = 3
    case s32 = 4
    case s64 = 5
    case u8 = 6
    case u16 = 7
    case u32 = 8
    case u64 = 9
    case f16 = 10
    case f32 = 11
    case f64 = 12
    case tuple = 13
    case opaque = 14
    case c64 = 15
    case bf16 = 16
    case token = 17
    case c128 = 18
    case s4 = 21
    case u4 = 22
    /// Any other type; counted as one byte.
    case other = 0

    /// Bits of an element.
    var bits: Int {
      switch self {
      case .s4, .u4: 4
      case .pred, .s8, .u8, .other: 8
      case .s16, .u16, .f16, .bf16: 16
      case .s32, .u32, .f32: 32
      case .s64, .u64, .f64, .c64: 64
      case .c128: 128
      case .tuple, .opaque, .token: 0
      }
    }
  }

  /// A shape.
  public init(
    elementType: ElementType, dimensions: [Int] = [], minorToMajor: [Int] = [], tiles: [[Int]] = [],
    elementBits: Int? = nil, memorySpace: Int = 0, elements: [HLOShape] = []
  ) {
    self.elementType = elementType
    self.dimensions = dimensions
    self.minorToMajor = minorToMajor
    self.tiles = tiles
    self.elementBits = elementBits
    self.memorySpace = memorySpace
    self.elements = elements
  }

  private var bits: Int { elementBits ?? elementType.bits }

  /// Bytes without padding; for a tuple, of all its elements. Saturates on overflow.
  public var unpadded: Bytes {
    elements.isEmpty ? Self.bytes(dimensions, bits: elementType.bits) : Self.sum(elements.map(\.unpadded))
  }

  /// Bytes of the array including its tiles; for a tuple, of all its elements.
  public var padded: Bytes {
    elements.isEmpty ? Self.bytes(tiled, bits: bits) : Self.sum(elements.map(\.padded))
  }

  /// Extents from the slowest to the fastest varying in the layout, with every tile filled.
  ///
  /// Source: openxla.org/xla/tiled_layout.
  private var tiled: [Int] {
    var extents =
      minorToMajor.count == dimensions.count
      ? minorToMajor.reversed().map { dimensions.indices.contains($0) ? dimensions[$0] : 1 } : dimensions
    for tile in tiles {
      // A marked dimension of a tile is combined with the next one.
      let size = tile.filter { $0 != .min }
      if size.count < tile.count, extents.count >= tile.count {
        let kept = extents.count - tile.count
        var tail: [Int] = [], carried = 1
        for (extent, mark) in zip(extents[kept...], tile) {
          carried = Self.product([carried, extent])
          if mark != .min {
            tail.append(carried)
            carried = 1
          }
        }
        extents = extents[..<kept] + tail
      }
      while extents.count < size.count { extents.insert(1, at: 0) }
      let kept = extents.count - size.count
      let counts = zip(extents[kept...], size).map { $1 > 0 ? $0 / $1 + ($0 % $1 > 0 ? 1 : 0) : $0 }
      extents = extents[..<kept] + counts + size.map { max(1, $0) }
    }
    return extents
  }

  private static func product(_ extents: [Int]) -> Int {
    extents.reduce(1) { product, extent in
      let (next, overflow) = product.multipliedReportingOverflow(by: max(0, extent))
      return overflow ? .max : next
    }
  }

  private static func bytes(_ extents: [Int], bits: Int) -> Bytes {
    let count = product(extents)
    return Bytes(count > (.max - 7) / 128 ? .max : (count * bits + 7) / 8)
  }

  private static func sum(_ all: [Bytes]) -> Bytes { all.reduce(.zero, +) }
}

extension HLOShape: CustomStringConvertible {
  /// The shape in the compiler's notation: `bf16[32,16,256,256]{3,2,1,0:T(8,128)(2,1)}`.
  public var description: String {
    guard elements.isEmpty else { return "(" + elements.map(\.description).joined(separator: ", ") + ")" }
    let extents = dimensions.map(String.init).joined(separator: ",")
    guard !minorToMajor.isEmpty || !tiles.isEmpty else { return "\(elementType)[\(extents)]" }
    var layout = minorToMajor.map(String.init).joined(separator: ",")
    if !tiles.isEmpty {
      let marks = tiles.map { "(" + $0.map { $0 == .min ? "*" : "\($0)" }.joined(separator: ",") + ")" }
      layout += ":T" + marks.joined()
    }
    if let elementBits { layout += (tiles.isEmpty ? ":" : "") + "E(\(elementBits))" }
    if memorySpace != 0 { layout += (tiles.isEmpty && elementBits == nil ? ":" : "") + "S(\(memorySpace))" }
    return "\(elementType)[\(extents)]{\(layout)}"
  }
}
