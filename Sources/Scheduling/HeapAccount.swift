extension ScheduledGraph {
  /// The account by which the compiler chooses an order: the largest sum of live values, arguments included.
  ///
  /// An argument that is not donated lives throughout; a donated one and its new value both count while the update runs.
  /// A value may take the place of an operand that dies at its definition.
  ///
  /// Source: openxla/xla, xla/service/heap_simulator/heap_simulator.cc, `HeapSimulator::MinimumMemoryForComputation`.
  ///
  /// - Parameter order: indices into `nodes`, all of them.
  /// - Returns: bytes.
  public func heapPeak(_ order: [Int]) -> Int {
    var time = [Int](repeating: 0, count: nodes.count)
    for (position, node) in order.enumerated() { time[node] = position }
    let end = order.count
    var birth = values.map { nodes[$0.owner].role == .parameter ? 0 : time[$0.owner] }
    var death = values.map { time[$0.owner] }
    for node in order {
      for value in nodes[node].reads { death[value] = max(death[value], time[node]) }
    }
    for value in results { death[value] = end }
    var isShared = [Bool](repeating: false, count: values.count), isDonated = isShared
    for donation in donations where donation.argument != donation.result {
      isDonated[donation.argument] = true
      isShared[donation.argument] = true
      isShared[donation.result] = true
      death[donation.argument] = min(death[donation.argument], birth[donation.result])
    }
    for (index, value) in values.enumerated() where nodes[value.owner].role == .parameter && !isDonated[index] {
      birth[index] = 0
      death[index] = end
    }

    var born = [[Int]](repeating: [], count: end + 1), dying = born
    let sorted = values.indices.filter { nodes[values[$0].owner].role != .constant }
      .sorted { (birth[$0], death[$0], $0) < (birth[$1], death[$1], $1) }
    for value in sorted {
      born[birth[value]].append(value)
      dying[death[value]].append(value)
    }
    var isReplaced = [Bool](repeating: false, count: values.count)
    var now = 0, most = 0
    for position in 0...end {
      for value in born[position] {
        if !isShared[value],
          let place = values[value].mayReplace.first(where: {
            !isShared[$0] && death[$0] == position && !isReplaced[$0]
          })
        {
          isReplaced[place] = true
          now -= values[place].bytes
        }
        now += values[value].bytes
        most = max(most, now)
      }
      for value in dying[position] where !isReplaced[value] { now -= values[value].bytes }
    }
    return most
  }
}
