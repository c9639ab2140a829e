import TrainingStep

/// An array in a TPU's memory: its extents, and their order there.
struct TiledArray: Hashable {
  var element: ElementType
  var extents: [Int]
  /// Dimensions from the fastest to the slowest varying.
  var minorToMajor: [Int]

  /// An array in the first of these orders that pads least; with none given, rows of the last dimension.
  init(_ element: ElementType, _ extents: [Int], _ orders: [Int]...) {
    self.element = element
    self.extents = extents
    minorToMajor = orders.first ?? extents.indices.reversed()
    for order in orders.dropFirst() {
      var other = self
      other.minorToMajor = order
      if other.tiledBytes < tiledBytes { self = other }
    }
  }

  static let scalar = TiledArray(.float32, [])

  /// Bytes of its tiles.
  ///
  /// Source: Facts, "Tile layouts".
  var tiledBytes: Int {
    guard let lane = minorToMajor.first else { return element.size }
    guard minorToMajor.count > 1 else { return Self.vector(extents[lane], element) * element.size }
    let row = minorToMajor[1]
    return extents.indices.reduce(element.size) { product, index in
      product * (index == lane ? Self.lanes(extents[index]) : index == row ? rows(extents[index]) : extents[index])
    }
  }

  /// Bytes in the order of dimensions that pads least, in which rematerialization may keep it.
  var compactBytes: Int {
    let total = extents.reduce(element.size, *)
    var best = tiledBytes
    for row in extents.indices {
      for lane in extents.indices where row != lane && extents[row] > 0 && extents[lane] > 0 {
        let tile = extents[row] <= 2 ? 2 : extents[row] <= 4 ? 4 : 8
        let filled = (extents[row] + tile - 1) / tile * tile * Self.lanes(extents[lane])
        best = min(best, total / (extents[row] * extents[lane]) * filled)
      }
    }
    return best
  }

  /// Whether its rows fill whole tiles, so that a reshape that splits them moves nothing.
  var fillsRows: Bool { minorToMajor.count > 1 && rows(extents[minorToMajor[1]]) == extents[minorToMajor[1]] }

  private func rows(_ size: Int) -> Int {
    if size > 4 { return (size + 7) / 8 * 8 }
    return size > 2 || element == .bfloat16 ? 4 : 2
  }

  private static func lanes(_ size: Int) -> Int { (size + 127) / 128 * 128 }

  private static func vector(_ size: Int, _ element: ElementType) -> Int {
    if size > 512 { return (size + 1023) / 1024 * 1024 }
    return size > 256 || element == .bfloat16 ? 512 : 256
  }
}

extension TiledArray: CustomStringConvertible {
  /// The array in the compiler's notation without its tiles: `bf16[32,196,768]{2,1,0}`.
  var description: String {
    let name =
      switch element {
      case .float32: "f32"
      case .bfloat16: "bf16"
      case .int32: "s32"
      }
    func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ",") }
    return "\(name)[\(list(extents))]{\(list(minorToMajor))}"
  }
}
