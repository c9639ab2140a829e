/// How many of something a step of `depth` blocks has: `constant + depth * perBlock`.
struct LinearCount: Sendable, Hashable {
  var constant: Int
  var perBlock: Int

  /// The line through `first` at `depth` blocks and `second` at one block more.
  init(_ first: Int, _ second: Int, depth: Int) {
    perBlock = second - first
    constant = first - depth * perBlock
  }

  func callAsFunction(_ depth: Int) -> Int { constant + depth * perBlock }
}

/// A number of bytes that grows linearly with depth.
struct LinearBytes: Sendable, Hashable {
  var constant = 0
  var perBlock = 0

  @inline(__always)
  func callAsFunction(_ depth: Int) -> Int { constant &+ depth &* perBlock }

  @inline(__always)
  mutating func add(_ bytes: Int, times count: LinearCount) {
    constant &+= bytes &* count.constant
    perBlock &+= bytes &* count.perBlock
  }

  @inline(__always)
  mutating func add(_ bytes: Int, _ constant: Int32, _ perBlock: Int32) {
    self.constant &+= bytes &* Int(constant)
    self.perBlock &+= bytes &* Int(perBlock)
  }

  static func + (a: LinearBytes, b: LinearBytes) -> LinearBytes {
    LinearBytes(constant: a.constant &+ b.constant, perBlock: a.perBlock &+ b.perBlock)
  }
}
