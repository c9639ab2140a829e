import TrainingStep
import VisionTransformer

/// The layout of a tensor on a TPU: its two minor dimensions are split into tiles and padded to whole ones.
///
/// A tile is 8 sublanes x 128 lanes; a small second-minor dimension takes tiles of 4 or (float32) 2 sublanes. Vectors take
/// tiles of 256 (bfloat16: 512) to 1024 elements.
/// Source: layouts in the scheduled programs of libtpu 0.0.17.1 (`T(8,128)`, `T(8,128)(2,1)`, `T(4,128)`, `T(1024)`);
/// Facts, "Tile layouts".
public enum TileLayout {
  /// Lanes and sublanes of a tile, and elements of a vector register, which is one tile.
  static var laneCount: Int { 128 }
  static var sublaneCount: Int { 8 }
  static var registerElements: Int { laneCount * sublaneCount }

  /// Bytes of a scalar in its own allocation.
  static let scalarBytes = 1024

  /// `size` padded to whole tiles as the second-minor dimension.
  static func sublanes(_ size: Int, _ element: ElementType) -> Int {
    if size > 4 { return (size &+ (sublaneCount &- 1)) & ~(sublaneCount &- 1) }
    return size > 2 || element == .bfloat16 ? 4 : 2
  }

  /// `size` padded to whole tiles as the minor dimension.
  static func lanes(_ size: Int) -> Int { (size &+ (laneCount &- 1)) & ~(laneCount &- 1) }

  /// Elements of a vector, padded to its tile.
  static func vector(_ size: Int, _ element: ElementType) -> Int {
    if size > 512 { return (size &+ 1023) & ~1023 }
    return size > 256 || element == .bfloat16 ? 512 : 256
  }

  /// Bytes of a tensor of three dimensions in the layout with the least padding.
  static func bytes(_ a: Int, _ b: Int, _ c: Int, _ element: ElementType) -> Int {
    let (aLanes, bLanes, cLanes) = (lanes(a), lanes(b), lanes(c))
    let (aSublanes, bSublanes, cSublanes) = (sublanes(a, element), sublanes(b, element), sublanes(c, element))
    let minorA = min(bSublanes &* c, b &* cSublanes) &* aLanes
    let minorB = min(aSublanes &* c, a &* cSublanes) &* bLanes
    let minorC = min(aSublanes &* b, a &* bSublanes) &* cLanes
    return min(minorA, minorB, minorC) &* element.size
  }
}

/// `value` rounded up to a multiple of `multiple`.
@inline(__always)
func roundUp(_ value: Int, _ multiple: Int) -> Int { (value &+ multiple &- 1) / multiple &* multiple }

/// Which dimensions of a buffer may be the two minor ones.
enum MinorAxes: Sendable, Hashable {
  /// Any two: the compiler takes the pair with the least padding.
  case any
  /// One of these (second-minor, minor) pairs of positions in the buffer's axes: the one with the least padding.
  case among(MinorPairs)
}

/// Positions of the second-minor and the minor dimension in a buffer's axes.
struct MinorPair: Sendable, Hashable {
  var secondMinor: Int
  var minor: Int
}

/// Up to four pairs of positions in no order; a byte each, so that buffers are compared and copied as words.
struct MinorPairs: Sendable, Hashable, Sequence, ExpressibleByArrayLiteral {
  private var codes: UInt32 = 0

  init(arrayLiteral pairs: MinorPair...) {
    for pair in pairs { add(pair) }
  }

  /// Adds a pair.
  mutating func add(_ pair: MinorPair) { codes = codes << 8 | UInt32(pair.secondMinor << 4 | pair.minor) }

  struct Iterator: IteratorProtocol {
    fileprivate var codes: UInt32

    mutating func next() -> MinorPair? {
      // Two different positions never have the code 0.
      guard codes != 0 else { return nil }
      defer { codes >>= 8 }
      return MinorPair(secondMinor: Int(codes >> 4 & 15), minor: Int(codes & 15))
    }
  }

  func makeIterator() -> Iterator { Iterator(codes: codes) }
}

/// A tensor in device memory: axes, element type and tiling.
struct Buffer: Sendable, Hashable {
  var axes: Axes
  var element: ElementType
  var minor = MinorAxes.any

  init(_ type: TensorType, minor: MinorAxes = .any) {
    axes = type.axes
    element = type.element
    self.minor = minor
  }

  /// Bytes without padding.
  func unpaddedBytes(_ sizes: AxisSizes) -> Int { axes.reduce(element.size) { $0 &* sizes[$1] } }

  /// Bytes with padding.
  ///
  /// Source: Facts, "Tile layouts"; products cannot overflow for a validated configuration.
  func bytes(_ sizes: AxisSizes) -> Int {
    switch axes.count {
    case 0: return TileLayout.scalarBytes
    case 1: return TileLayout.vector(sizes[axes[0]], element) &* element.size
    default:
      switch minor {
      case .among(let pairs):
        return pairs.reduce(Int.max) { min($0, bytes(sizes, $1.secondMinor, $1.minor)) }
      case .any:
        var least = Int.max
        for minor in axes.indices {
          for second in axes.indices where second != minor { least = min(least, bytes(sizes, second, minor)) }
        }
        return least
      }
    }
  }

  @inline(__always)
  private func bytes(_ sizes: AxisSizes, _ second: Int, _ minor: Int) -> Int {
    var product = element.size
    for index in axes.indices {
      let size = sizes[axes[index]]
      product =
        product
        &* (index == minor ? TileLayout.lanes(size) : index == second ? TileLayout.sublanes(size, element) : size)
    }
    return product
  }
}
