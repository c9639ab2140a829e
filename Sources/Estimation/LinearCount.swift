/// A count that is linear in depth: a step of `depth` blocks has `constant + depth * perBlock`.
struct LinearCount: Sendable, Hashable {
  var constant: Int
  var perBlock: Int

  init(constant: Int, perBlock: Int) { (self.constant, self.perBlock) = (constant, perBlock) }

  /// The line through `first` at `depth` blocks and `second` at one block more.
  init(_ first: Int, _ second: Int, depth: Int) {
    perBlock = second - first
    constant = first - depth * perBlock
  }

  /// Zero at any depth.
  static let zero = LinearCount(constant: 0, perBlock: 0)

  func callAsFunction(_ depth: Int) -> Int { constant + depth * perBlock }

  /// The same two numbers.
  var vector: SIMD2<Double> { SIMD2(Double(constant), Double(perBlock)) }

  /// Whether `b` has at least the count of `a` at every place, at every depth from 1.
  static func isBelow(_ a: [LinearCount], _ b: [LinearCount]) -> Bool {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        for index in a.indices {
          let more = LinearCount(
            constant: b[index].constant &- a[index].constant, perBlock: b[index].perBlock &- a[index].perBlock)
          if more.perBlock < 0 || more.constant &+ more.perBlock < 0 { return false }
        }
        return true
      }
    }
  }

  static func += (a: inout LinearCount, b: LinearCount) {
    a.constant += b.constant
    a.perBlock += b.perBlock
  }

  static func - (a: LinearCount, b: LinearCount) -> LinearCount {
    LinearCount(constant: a.constant - b.constant, perBlock: a.perBlock - b.perBlock)
  }
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
  mutating func add(_ bytes: Int, _ constant: Int, _ perBlock: Int) {
    self.constant &+= bytes &* constant
    self.perBlock &+= bytes &* perBlock
  }

  static func + (a: LinearBytes, b: LinearBytes) -> LinearBytes {
    LinearBytes(constant: a.constant &+ b.constant, perBlock: a.perBlock &+ b.perBlock)
  }

  static func - (a: LinearBytes, b: LinearBytes) -> LinearBytes {
    LinearBytes(constant: a.constant &- b.constant, perBlock: a.perBlock &- b.perBlock)
  }
}
