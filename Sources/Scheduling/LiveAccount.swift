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
    let sums = liveBytes(order)
    var most = 0, position = 0
    for (index, now) in sums.enumerated() where now > most { (most, position) = (now, index) }
    let results = results
    return LivePeak(
      bytes: most, position: position,
      alive: alive(order, at: position).filter {
        !results.contains($0) && nodes[values[$0].owner].role != .parameter && values[$0].bytes > 0
      })
  }

  /// Bytes of live temporaries while each node of an order runs, as `livePeak` counts them.
  public func liveBytes(_ order: [Int]) -> [Int] {
    var sums: [Int] = []
    sums.reserveCapacity(order.count)
    walk(order, isSharing: false) { sums.append($0) }
    return sums
  }

  /// The largest sum of live temporaries along an order if a value takes the place of an operand that dies at its
  /// definition, as the allocation has it.
  public func sharedPeak(_ order: [Int]) -> Int {
    var most = 0
    walk(order, isSharing: true) { most = max(most, $0) }
    return most
  }

  private func walk(_ order: [Int], isSharing: Bool, _ visit: (Int) -> Void) {
    let results = results
    var openReads = [Int](repeating: 0, count: values.count)
    for node in nodes { for value in node.reads { openReads[value] += 1 } }
    var bytes = values.indices.map {
      results.contains($0) || nodes[values[$0].owner].role == .parameter ? 0 : values[$0].bytes
    }
    var now = 0
    for node in order {
      for value in nodes[node].defined {
        if isSharing, bytes[value] > 0,
          let place = values[value].mayReplace.first(where: { openReads[$0] == 1 && bytes[$0] > 0 })
        {
          now -= bytes[place]
          bytes[place] = 0
        }
        now += bytes[value]
      }
      visit(now)
      for value in nodes[node].reads {
        openReads[value] -= 1
        if openReads[value] == 0 { now -= bytes[value] }
      }
      for value in nodes[node].defined where openReads[value] == 0 { now -= bytes[value] }
    }
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
