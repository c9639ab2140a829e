extension ScheduledGraph {
  /// The three orders that the compiler tries.
  public enum Order: String, Sendable, Hashable, CaseIterable {
    case list
    case depthFirst = "depth-first"
    case postOrder = "post-order"
  }

  /// A sequence of all nodes, and what it needs by the account that chooses.
  public struct Schedule: Sendable {
    /// Its kind.
    public var order: Order
    /// Indices into `nodes`.
    public var sequence: [Int]
    /// Bytes by `heapPeak`.
    public var heapPeak: Int
  }

  /// Share of the pairs of large nodes that two sequences have in the same order; 1 without such pairs.
  ///
  /// - Parameters:
  ///   - first: indices into `nodes`, all of them.
  ///   - second: the same in another order.
  ///   - bytes: the smallest value that makes a node large.
  public func agreement(_ first: [Int], _ second: [Int], atLeast bytes: Int = 64 << 10) -> Double {
    var place = [Int](repeating: 0, count: nodes.count)
    for (position, node) in second.enumerated() { place[node] = position }
    let places = first.filter { node in
      (nodes[node].role == .work || nodes[node].role == .copy)
        && nodes[node].defined.contains { values[$0].bytes >= bytes }
    }.map { place[$0] }
    var kept = 0
    for (index, one) in places.enumerated() { kept += places[(index + 1)...].count { one < $0 } }
    let pairs = places.count * (places.count - 1) / 2
    return pairs == 0 ? 1 : Double(kept) / Double(pairs)
  }

  /// The sequence of one order.
  public func schedule(_ order: Order) -> Schedule {
    let sequence =
      switch order {
      case .list: listOrder()
      case .depthFirst: depthFirstOrder()
      case .postOrder: Array(nodes.indices)
      }
    return Schedule(order: order, sequence: sequence, heapPeak: heapPeak(sequence))
  }

  /// The compiler's choice: the order that needs least; of equals, list before depth-first before post order.
  ///
  /// Source: openxla/xla, xla/hlo/transforms/simplifiers/hlo_memory_scheduler.cc, `DefaultMemoryScheduler`.
  public func schedules() -> [Schedule] {
    Order.allCases.map(schedule).enumerated().sorted {
      ($0.element.heapPeak, $0.offset) < ($1.element.heapPeak, $1.offset)
    }
    .map(\.element)
  }
}
