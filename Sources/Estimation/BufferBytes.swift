import TrainingStep

/// The sizes of all axes with every kind of padding: the factors of a buffer's elements.
///
/// One row of sixteen for each kind of padding, indexed by the raw value of the axis.
enum AxisTable {
  /// Number of entries.
  static let count = 96

  /// Index of an axis's size.
  static func size(_ axis: Axis) -> Int { Int(axis.rawValue) }
  /// Index of its size padded to lanes.
  static func lanes(_ axis: Axis) -> Int { 16 + size(axis) }
  /// Index of its size padded to an element's sublanes.
  static func sublanes(_ axis: Axis, _ element: ElementType) -> Int { (element == .bfloat16 ? 48 : 32) + size(axis) }
  /// Index of its size padded to the tile of a vector.
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

/// Bytes of every buffer of a plan, and sums over them.
struct BufferBytes {
  /// The `AxisTable`, then products of its entries, which are the elements of buffers, then the bytes of buffers that
  /// may be recomputed: zero for those that are too small.
  let table: UnsafeMutablePointer<Int>
  /// Sums of the plan's candidates, then the totals.
  let sums: UnsafeMutablePointer<Int>
  private let totals: UnsafeMutablePointer<Int>
  private let buffers: Table<StepPlan.BufferPlan>
  private let scratch: Scratch

  /// Lays out the buffers of a model's plan and sums them; `deallocate` releases the memory.
  init(_ model: borrowing StepModel, _ sizes: AxisSizes) {
    buffers = model.plan.buffers
    let elements = model.plan.elements, recomputable = model.plan.recomputable
    let count = elements.count &+ recomputable.count
    scratch = Scratch(count: count &+ model.plan.sums.count)
    table = scratch.numbers
    sums = table + count
    totals = sums + StepPlan.Role.allCases.count &* model.plan.candidates.count
    AxisTable.write(table, sizes)
    elements.evaluate(table, product: { $0 &* $1 }, minimum: { min($0, $1) })
    var large = table + elements.count
    for buffer in recomputable {
      let bytes = self[Int(buffer)]
      large.pointee = bytes >= LiveOrder.leastRecomputed ? bytes : 0
      large += 1
    }
    model.plan.sums.evaluate(table, sums)
  }

  /// Releases the memory for the next estimate.
  func deallocate() { scratch.giveBack() }

  /// Bytes with padding.
  @inline(__always)
  subscript(buffer: Int) -> Int {
    table[Int(buffers[buffer].padded)] &* Int(buffers[buffer].elementSize)
  }

  /// Bytes of a total.
  @inline(__always)
  subscript(total: StepTotal) -> LinearBytes {
    LinearBytes(constant: totals[2 &* total.rawValue], perBlock: totals[2 &* total.rawValue &+ 1])
  }

  /// Bytes without padding.
  @inline(__always)
  func unpadded(_ buffer: Int) -> Int {
    table[Int(buffers[buffer].unpadded)] &* Int(buffers[buffer].elementSize)
  }

  /// Bytes with padding; zero for nil.
  @inline(__always)
  func of(_ buffer: Int?) -> Int { buffer.map { self[$0] } ?? 0 }
}
