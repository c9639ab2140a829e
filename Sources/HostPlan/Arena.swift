import TrainingStep

/// Where every buffer of a step lies in one block of memory.
///
/// Buffers whose lifetimes overlap get disjoint places. Larger ones, or those that live longer, choose first, each the lowest
/// place that is free for all its life; those that then stand out choose first in another attempt, and the best is kept. With
/// lifetimes that are nested like a step's, few bytes are lost.
/// Source: greedy-by-size offset calculation, arXiv 2001.03288 section 4.2.
public struct Arena: Sendable, Hashable {
  /// Alignment of every buffer: a cache line, and the widest vector.
  public static let alignment = 64

  /// Most times that an order is repaired, and most placements that repairs may take together.
  private static let mostRepairs = 40, repairedPlacements = 40_000

  /// Offset of every buffer in bytes; nil for a buffer that is never touched.
  public let offsets: [Int?]
  /// Bytes of the whole block.
  public let byteCount: Int
  /// The largest sum of live bytes at any one time: no arena is smaller.
  public let livePeak: Int

  /// Lays out `sizes[i]` bytes for the time `lifetimes[i]`, of `count` instants.
  ///
  /// - Throws: `HostPlanError.tooLarge` where sums overflow.
  public init(sizes: [Int], lifetimes: [ClosedRange<Int>?], count: Int) throws(HostPlanError) {
    var change = Array(repeating: 0, count: count + 1)
    for (size, lifetime) in zip(sizes, lifetimes) {
      guard let lifetime else { continue }
      change[lifetime.lowerBound] &+= size
      change[lifetime.upperBound + 1] &-= size
    }
    var live = 0, peak = 0
    for step in change {
      let (sum, overflow) = live.addingReportingOverflow(step)
      if overflow { throw .tooLarge }
      live = sum
      peak = max(peak, live)
    }
    livePeak = peak

    let alive = sizes.indices.filter { lifetimes[$0] != nil }
    func lasts(_ index: Int) -> Int { lifetimes[index].map { $0.upperBound - $0.lowerBound } ?? 0 }
    let orders = [
      alive.sorted { (sizes[$1], lasts($1), $0) < (sizes[$0], lasts($0), $1) },
      alive.sorted { (lasts($1), sizes[$1], $0) < (lasts($0), sizes[$0], $1) },
    ]
    var best: (offsets: [Int?], end: Int) = ([], .max)
    for var order in orders {
      for _ in 0...min(Self.mostRepairs, Self.repairedPlacements / max(1, order.count)) where best.end > peak {
        let placed = Self.place(order, sizes, lifetimes)
        if placed.end < best.end { best = placed }
        // What stands out above the peak chooses first in the next attempt.
        let high = Set(order.filter { (placed.offsets[$0] ?? 0) + sizes[$0] > peak })
        order = order.filter(high.contains) + order.filter { !high.contains($0) }
      }
    }
    offsets = best.offsets
    byteCount = best.end
  }

  /// Gives each buffer of `order` in turn the lowest place that is free for all its life.
  private static func place(
    _ order: [Int], _ sizes: [Int], _ lifetimes: [ClosedRange<Int>?]
  ) -> (offsets: [Int?], end: Int) {
    var offsets = [Int?](repeating: nil, count: sizes.count)
    var end = 0
    // Placed buffers by offset; those alive at the same time are what a new one must avoid.
    var placed: [(offset: Int, end: Int, life: ClosedRange<Int>)] = []
    for index in order {
      guard let life = lifetimes[index] else { continue }
      let size = sizes[index]
      var offset = 0
      for other in placed where other.life.overlaps(life) {
        if other.offset &- offset >= size { break }
        offset = max(offset, other.end)
      }
      offsets[index] = offset
      end = max(end, offset &+ size)
      let position = placed.partitioningIndex { $0.offset >= offset }
      placed.insert((offset, offset &+ size, life), at: position)
    }
    return (offsets, end)
  }

  /// `bytes` rounded up to the alignment.
  public static func aligned(_ bytes: Int) -> Int { (bytes &+ alignment &- 1) & ~(alignment &- 1) }
}

extension Array {
  /// The first index from which on `test` holds, in an array that is sorted by it.
  fileprivate func partitioningIndex(_ test: (Element) -> Bool) -> Int {
    var low = 0, high = count
    while low < high {
      let middle = (low + high) / 2
      if test(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
