/// Sums over a row of numbers with the fewest additions: each sum is another one, counted once or twice, plus the
/// difference.
struct SumList: Sendable {
  /// A term of the difference.
  private struct Change {
    var sum: UInt16
    /// Index of a number.
    var place: UInt16
    /// How often it counts.
    var factor: Int32
  }

  /// The sum that another sum starts from.
  private struct Start {
    var sum: UInt16
    /// The other sum; the sum itself if it starts from zero.
    var parent: UInt16
    /// How often the other sum counts.
    var factor: Int32
  }

  /// Number of sums.
  let count: Int
  /// The terms, sum by sum, in the order of `starts`.
  private let changes: Table<Change>
  /// Every sum that has terms, after the one it starts from.
  private let starts: Table<Start>
  /// Every sum that equals the one it starts from, or a multiple of it.
  private let copies: Table<Start>

  /// A number in a sum.
  struct Term {
    /// Index of the number.
    var place: Int
    /// How often it counts.
    var count: Int
  }

  /// - Parameter sums: The terms of every sum, in any order; those of one number add up.
  init(_ sums: [[Term]]) {
    count = sums.count
    let (places, columns) = Self.places(sums)
    // Row by row, sixteen factors at once.
    let lanes = SIMD16<Int32>.scalarCount, width = (places.count + lanes - 1) / lanes
    let factors = sums.flatMap { terms in
      var row = Array(repeating: SIMD16<Int32>.zero, count: width)
      for term in terms {
        if let column = columns[term.place] { row[column / lanes][column % lanes] += Int32(term.count) }
      }
      return row
    }
    // Number of terms beyond the other sum, and beyond twice the other sum.
    func distances(_ sum: Int, _ parent: Int) -> (once: Int32, twice: Int32) {
      var once = SIMD16<Int32>.zero, twice = once
      for index in 0..<width {
        let a = factors[sum &* width &+ index], b = factors[parent &* width &+ index]
        once.replace(with: once &+ 1, where: a .!= b)
        twice.replace(with: twice &+ 1, where: a .!= b &+ b)
      }
      return (once.wrappedSum(), twice.wrappedSum())
    }
    // A minimum spanning tree from zero, by Prim's algorithm.
    // Twice itself differs from a sum wherever it is not zero.
    var left = sums.indices.map { (sum: $0, parent: $0, factor: Int32(0), changes: distances($0, $0).twice) }
      .filter { $0.changes > 0 }
    var starts: [Start] = [], copies: [Start] = []
    var changes: [Change] = []
    while let next = left.indices.min(by: { left[$0].changes < left[$1].changes }) {
      let chosen = left.remove(at: next)
      let start = Start(sum: UInt16(chosen.sum), parent: UInt16(chosen.parent), factor: chosen.factor)
      if chosen.changes == 0 {
        copies.append(start)
        continue
      }
      starts.append(start)
      for (index, place) in places.enumerated() {
        let column = index / lanes, lane = index % lanes
        let more =
          factors[chosen.sum * width + column][lane] - chosen.factor * factors[chosen.parent * width + column][lane]
        if more != 0 {
          changes.append(Change(sum: UInt16(chosen.sum), place: UInt16(place), factor: more))
        }
      }
      for index in left.indices {
        let (once, twice) = distances(left[index].sum, chosen.sum)
        let (factor, changes): (Int32, Int32) = twice < once ? (2, twice) : (1, once)
        if changes < left[index].changes {
          (left[index].parent, left[index].factor, left[index].changes) = (chosen.sum, factor, changes)
        }
      }
    }
    self.starts = Table(starts)
    self.copies = Table(copies)
    self.changes = Table(changes)
  }

  // The numbers that occur, and for each number its index among them.
  private static func places(_ sums: [[Term]]) -> (places: [Int], columns: [Int?]) {
    var columns: [Int?] = []
    var places: [Int] = []
    for sum in sums {
      for term in sum where term.count != 0 {
        while columns.count <= term.place { columns.append(nil) }
        if columns[term.place] == nil {
          columns[term.place] = places.count
          places.append(term.place)
        }
      }
    }
    return (places, columns)
  }

  /// Writes all sums of `numbers`.
  @inline(__always)
  func evaluate(_ numbers: UnsafeMutablePointer<Int>, _ sums: UnsafeMutablePointer<Int>) {
    sums.initialize(repeating: 0, count: count)
    // One flat loop, because many short loops mispredict. Each sum first receives the running total up to its last
    // term; the total before its first is then subtracted.
    var all = 0
    for change in changes {
      all &+= numbers[Int(change.place)] &* Int(change.factor)
      sums[Int(change.sum)] = all
    }
    var before = 0
    for start in starts {
      let upTo = sums[Int(start.sum)]
      sums[Int(start.sum)] = upTo &- before &+ sums[Int(start.parent)] &* Int(start.factor)
      before = upTo
    }
    for copy in copies { sums[Int(copy.sum)] = sums[Int(copy.parent)] &* Int(copy.factor) }
  }
}
