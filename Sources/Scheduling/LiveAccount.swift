extension ScheduledGraph {
  /// The largest sum of live temporaries along an order.
  public struct LivePeak: Sendable, Hashable {
    /// Bytes of temporaries: neither arguments nor results of the program.
    public var bytes: Int
    /// Index in the order of the node that runs then.
    public var position: Int
    /// Values alive then.
    public var alive: [Int]
  }

  /// The account by which the compiler decides whether to rematerialize: temporaries alone, nothing shared, operands freed
  /// after the node that reads them last.
  ///
  /// Source: openxla/xla, xla/hlo/transforms/simplifiers/hlo_rematerialization.cc, `MemoryUsageTracker`.
  ///
  /// - Parameter order: indices into `nodes`, all of them.
  public func livePeak(_ order: [Int]) -> LivePeak {
    let results = results
    var openReads = [Int](repeating: 0, count: values.count)
    for node in nodes { for value in node.reads { openReads[value] += 1 } }
    let bytes = values.indices.map {
      results.contains($0) || nodes[values[$0].owner].role == .parameter ? 0 : values[$0].bytes
    }
    var now = 0, most = 0, position = 0
    for (index, node) in order.enumerated() {
      for value in nodes[node].defined { now += bytes[value] }
      if now > most { (most, position) = (now, index) }
      for value in nodes[node].reads {
        openReads[value] -= 1
        if openReads[value] == 0 { now -= bytes[value] }
      }
      for value in nodes[node].defined where openReads[value] == 0 { now -= bytes[value] }
    }
    return LivePeak(bytes: most, position: position, alive: alive(order, at: position).filter { bytes[$0] > 0 })
  }

  private func alive(_ order: [Int], at position: Int) -> [Int] {
    let before = Set(order[...position])
    var isReadLater = [Bool](repeating: false, count: values.count)
    for node in order[position...] { for value in nodes[node].reads { isReadLater[value] = true } }
    return values.indices.filter {
      before.contains(values[$0].owner) && (isReadLater[$0] || values[$0].owner == order[position])
    }
  }
}
