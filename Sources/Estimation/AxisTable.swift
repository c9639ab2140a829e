import TrainingStep

/// The sizes of all axes with their paddings, for laying out many buffers.
struct AxisTable {
  /// Four rows of sixteen: sizes, padded to lanes, padded to float32 sublanes, padded to bfloat16 sublanes.
  private let rows: UnsafeMutablePointer<Int>

  /// Places of a size in the table.
  enum Row {
    static let size: UInt8 = 0
    static let lanes: UInt8 = 16
    static func sublanes(_ element: ElementType) -> UInt8 { element == .bfloat16 ? 48 : 32 }
  }

  /// Calls `body` with the table for `sizes`.
  static func with<Result>(_ sizes: AxisSizes, _ body: (AxisTable) -> Result) -> Result {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 64) { rows in
      let vector = sizes.sizes
      for axis in 0..<16 {
        let size = Int(vector[axis])
        rows[axis] = size
        rows[16 &+ axis] = TileLayout.lanes(size)
        rows[32 &+ axis] = TileLayout.sublanes(size, .float32)
        rows[48 &+ axis] = TileLayout.sublanes(size, .bfloat16)
      }
      // An allocation of some places has a base address.
      return body(AxisTable(rows: rows.baseAddress.unsafelyUnwrapped))
    }
  }

  /// The size at a place of the table that stands for an axis.
  subscript(axis: UInt8) -> Int { rows[Int(axis)] }

  // Of the first `rank` places, which are two to four; the others have size one.
  @inline(__always)
  private func product(_ places: SIMD4<UInt8>, _ rank: UInt8) -> Int {
    let two = rows[Int(places[0])] &* rows[Int(places[1])]
    if rank < 3 { return two }
    let three = two &* rows[Int(places[2])]
    return rank < 4 ? three : three &* rows[Int(places[3])]
  }

  /// Bytes of a buffer with and without padding.
  @inline(__always)
  func bytes(
    _ buffer: StepPlan.BufferPlan, _ layouts: UnsafeBufferPointer<SIMD4<UInt8>>
  ) -> (padded: Int, unpadded: Int) {
    let element = buffer.element.size
    let unpadded = product(buffer.axes, max(2, buffer.rank)) &* element
    if buffer.rank < 2 {
      let padded =
        buffer.rank == 0
        ? TileLayout.scalarBytes : TileLayout.vector(self[buffer.axes[0]], buffer.element) &* element
      return (padded, unpadded)
    }
    var least = Int.max
    let range = Int(buffer.firstLayout)..<Int(buffer.endLayout)
    switch buffer.rank {
    case 2: for index in range { least = min(least, product(layouts[index], 2)) }
    case 3: for index in range { least = min(least, product(layouts[index], 3)) }
    default: for index in range { least = min(least, product(layouts[index], 4)) }
    }
    return (least &* element, unpadded)
  }
}

/// Bytes of every buffer of a plan.
struct BufferBytes {
  /// With padding.
  let padded: UnsafeMutablePointer<Int>
  /// The padding alone.
  let waste: UnsafeMutablePointer<Int>

  /// Lays out the buffers of a model's plan; `deallocate` gives the room back.
  init(_ model: StepModel, _ sizes: AxisSizes) {
    let count = model.plan.buffers.count
    let padded = UnsafeMutablePointer<Int>.allocate(capacity: 2 * count)
    let waste = padded + count
    AxisTable.with(sizes) { table in
      model.plan.layouts.withUnsafeBufferPointer { layouts in
        model.plan.buffers.withUnsafeBufferPointer { buffers in
          for index in 0..<count {
            let bytes = table.bytes(buffers[index], layouts)
            padded[index] = bytes.padded
            waste[index] = bytes.padded &- bytes.unpadded
          }
        }
      }
    }
    self.padded = padded
    self.waste = waste
  }

  /// Gives the room back.
  func deallocate() { padded.deallocate() }

  @inline(__always)
  subscript(buffer: Int) -> Int { padded[buffer] }

  /// Bytes with padding; none for no buffer.
  func of(_ buffer: Int?) -> Int { buffer.map { padded[$0] } ?? 0 }
}
