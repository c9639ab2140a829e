import TrainingStep

/// The layout of a step's buffers in one block of memory.
///
/// Buffers whose lifetimes overlap get disjoint places. Larger ones, or those that live longer, choose first, each the
/// lowest place that is free for its whole life. Those that end above the peak choose first in another attempt, and the
/// best attempt is kept. Lifetimes nested like a step's lose few bytes.
/// Source: greedy-by-size offset calculation, arXiv 2001.03288 section 4.2.
public struct Arena: Sendable, Hashable {
  /// Alignment of every buffer: a cache line, and the widest vector.
  public static let alignment = 64

  /// Limits on the repairs of one order, and on the placements of all repairs together.
  private static let mostRepairs = 40, repairedPlacements = 40_000

  /// Offset of every buffer in bytes; nil for a buffer that is never used.
  public let offsets: [Int?]
  /// Bytes of the whole block.
  public let byteCount: Int
  /// The largest sum of live bytes at any one time: no arena is smaller.
  public let livePeak: Int

  /// Lays out buffers of `sizes[i]` bytes that live during `lifetimes[i]`, over `count` instants.
  ///
  /// - Throws: `HostPlanError.tooLarge` if sums overflow.
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
        // Buffers that end above the peak choose first in the next attempt.
        let high = Set(order.filter { (placed.offsets[$0] ?? 0) + sizes[$0] > peak })
        order = order.filter(high.contains) + order.filter { !high.contains($0) }
      }
    }
    offsets = best.offsets
    byteCount = best.end
  }

  /// Gives each buffer of `order` in turn the lowest place that is free for its whole life.
  private static func place(
    _ order: [Int], _ sizes: [Int], _ lifetimes: [ClosedRange<Int>?]
  ) -> (offsets: [Int?], end: Int) {
    var offsets = [Int?](repeating: nil, count: sizes.count)
    var end = 0
    // Placed buffers by offset; a new one must avoid those alive at the same time.
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
  /// The first index from which `test` holds, in an array partitioned by it.
  fileprivate func partitioningIndex(_ test: (Element) -> Bool) -> Int {
    var low = 0, high = count
    while low < high {
      let middle = (low + high) / 2
      if test(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
