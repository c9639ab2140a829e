import TrainingStep

/// The sizes of all axes with their paddings: the factors of every buffer's elements.
///
/// A row of sixteen for each way a dimension is padded, by the raw value of the axis.
enum AxisTable {
  /// Places.
  static let count = 96

  /// The place of an axis' size.
  static func size(_ axis: Axis) -> Int { Int(axis.rawValue) }
  /// The place of its size padded to lanes.
  static func lanes(_ axis: Axis) -> Int { 16 + size(axis) }
  /// The place of its size padded to an element's sublanes.
  static func sublanes(_ axis: Axis, _ element: ElementType) -> Int { (element == .bfloat16 ? 48 : 32) + size(axis) }
  /// The place of its size padded to the tile of a vector.
  static func vector(_ axis: Axis, _ element: ElementType) -> Int { (element == .bfloat16 ? 80 : 64) + size(axis) }

  /// Writes the table for `sizes`.
  @inline(__always)
  static func write(_ table: UnsafeMutablePointer<Int>, _ sizes: AxisSizes) {
    withUnsafeBytes(of: sizes.sizes) { sizes in
      let sizes = sizes.assumingMemoryBound(to: Int32.self)
      for axis in 0..<16 {
        let size = Int(sizes[axis])
        table[axis] = size
        table[16 &+ axis] = TileLayout.lanes(size)
        table[32 &+ axis] = TileLayout.sublanes(size, .float32)
        table[48 &+ axis] = TileLayout.sublanes(size, .bfloat16)
        table[64 &+ axis] = TileLayout.vector(size, .float32)
        table[80 &+ axis] = TileLayout.vector(size, .bfloat16)
      }
    }
  }
}

/// Bytes of every buffer of a plan.
struct BufferBytes {
  /// With padding.
  let padded: UnsafeMutablePointer<Int>
  /// Those of what is large enough to be computed again; none of the others.
  let recomputable: UnsafeMutablePointer<Int>
  /// Without padding.
  let unpadded: UnsafeMutablePointer<Int>
  /// The axes of an `AxisTable`.
  let table: UnsafeMutablePointer<Int>

  /// Lays out the buffers of a model's plan; `deallocate` gives the room back.
  init(_ model: borrowing StepModel, _ sizes: AxisSizes) {
    let buffers = model.plan.buffers, elements = model.plan.elements
    table = UnsafeMutablePointer<Int>.allocate(capacity: elements.count &+ 3 &* buffers.count)
    padded = table + elements.count
    recomputable = padded + buffers.count
    unpadded = recomputable + buffers.count
    AxisTable.write(table, sizes)
    elements.evaluate(table, product: { $0 &* $1 }, minimum: { min($0, $1) })
    for index in buffers.indices {
      let buffer = buffers[index], size = buffer.element.size
      let bytes = table[Int(buffer.padded)] &* size
      padded[index] = bytes
      recomputable[index] = bytes >= LiveOrder.leastRecomputed ? bytes : 0
      unpadded[index] = table[Int(buffer.unpadded)] &* size
    }
  }

  /// Gives the room back.
  func deallocate() { table.deallocate() }

  @inline(__always)
  subscript(buffer: Int) -> Int { padded[buffer] }

  /// Bytes with padding; none for no buffer.
  func of(_ buffer: Int?) -> Int { buffer.map { padded[$0] } ?? 0 }
}
