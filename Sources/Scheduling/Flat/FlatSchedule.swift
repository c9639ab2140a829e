/// What becomes of a `FlatGraph` when it is scheduled.
package struct FlatSchedule: Sendable {
  /// Nodes in the order that the compiler takes.
  package var order: [Int32]
  /// Bytes of live temporaries while each of them runs.
  package var live: [Int]
  /// The largest of them, and where it is first.
  package var peak = 0
  package var position = 0
  /// The largest sum of live temporaries if a value takes the place of an operand that dies at its definition.
  package var shared: Int
  /// Values that are alive at the peak.
  package var alive: [Int]
}

extension FlatGraph {
  /// The order that needs least by the heap account; of equals, list before depth-first before post order.
  ///
  /// The same as `ScheduledGraph.schedules` says, and `livePeak` and `sharedPeak` of its first.
  package func schedule() -> FlatSchedule {
    var best = listOrder(), least = heapPeak(best)
    for other in [depthFirstOrder(), (0..<Int32(count)).map(\.self)] {
      let bytes = heapPeak(other)
      if bytes < least { (best, least) = (other, bytes) }
    }
    let accounts = accounts(best)
    var schedule = FlatSchedule(order: best, live: accounts.live, shared: accounts.shared, alive: [])
    for (position, bytes) in accounts.live.enumerated() where bytes > schedule.peak {
      schedule.peak = bytes
      schedule.position = position
    }
    schedule.alive = alive(best, at: schedule.position)
    return schedule
  }
}
