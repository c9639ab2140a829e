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

  /// - Parameter sums: For every sum, how often the number at each index counts.
  init(_ sums: [[Int: Int]]) {
    count = sums.count
    let places = Set(sums.flatMap(\.keys)).sorted()
    let rows = sums.map { sum in places.map { sum[$0] ?? 0 } }
    func difference(_ sum: Int, _ parent: Int, _ factor: Int) -> Int {
      zip(rows[sum], rows[parent]).count { $0 != factor * $1 }
    }
    // A minimum spanning tree from zero, by Prim's algorithm.
    var left = rows.indices.filter { sum in rows[sum].contains { $0 != 0 } }.map { sum in
      (sum: sum, parent: sum, factor: 0, changes: rows[sum].count { $0 != 0 })
    }
    var starts: [Start] = [], copies: [Start] = []
    var changes: [Change] = []
    while let next = left.indices.min(by: { left[$0].changes < left[$1].changes }) {
      let chosen = left.remove(at: next)
      let start = Start(sum: UInt16(chosen.sum), parent: UInt16(chosen.parent), factor: Int32(chosen.factor))
      if chosen.changes == 0 {
        copies.append(start)
        continue
      }
      starts.append(start)
      for (index, place) in places.enumerated() {
        let more = rows[chosen.sum][index] - chosen.factor * rows[chosen.parent][index]
        if more != 0 {
          changes.append(Change(sum: UInt16(chosen.sum), place: UInt16(place), factor: Int32(more)))
        }
      }
      for index in left.indices {
        for factor in 1...2 {
          let changes = difference(left[index].sum, chosen.sum, factor)
          if changes < left[index].changes {
            (left[index].parent, left[index].factor, left[index].changes) = (chosen.sum, factor, changes)
          }
        }
      }
    }
    self.starts = Table(starts)
    self.copies = Table(copies)
    self.changes = Table(changes)
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
