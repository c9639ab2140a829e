extension FlatGraph {
  /// `ScheduledGraph.heapPeak`.
  func heapPeak(_ order: [Int32]) -> Int {
    var time = [Int32](repeating: 0, count: count)
    for (position, node) in order.enumerated() { time[Int(node)] = Int32(position) }
    let end = Int32(order.count)
    var death = owner.map { time[Int($0)] }
    for node in order {
      let now = time[Int(node)]
      for place in reads.range(Int(node)) {
        let value = Int(reads.elements[place])
        if death[value] < now { death[value] = now }
      }
    }
    for value in death.indices where isResult[value] { death[value] = end }
    var isShared = [Bool](repeating: false, count: bytes.count), isDonated = isShared
    for (argument, result) in donations where argument != result {
      let argument = Int(argument), result = Int(result)
      isDonated[argument] = true
      isShared[argument] = true
      isShared[result] = true
      death[argument] = min(death[argument], isArgument[result] ? 0 : time[Int(owner[result])])
    }
    for value in death.indices where isArgument[value] && !isDonated[value] { death[value] = end }

    // Values that die at each position, as chains.
    var firstDying = [Int32](repeating: -1, count: order.count + 1)
    var nextDying = [Int32](repeating: -1, count: bytes.count)
    var now = 0, most = 0
    for value in bytes.indices {
      nextDying[value] = firstDying[Int(death[value])]
      firstDying[Int(death[value])] = Int32(value)
      if isArgument[value] { now &+= bytes[value] }
    }
    most = now
    var isReplaced = [Bool](repeating: false, count: bytes.count), born: [Int] = []
    for position in 0...order.count {
      if position < order.count, roles[Int(order[position])] != .parameter {
        let own = defined(Int(order[position]))
        // Those that die first are counted first, which matters only where something is replaced.
        born.removeAll(keepingCapacity: true)
        born.append(contentsOf: own)
        if !replaces.isEmpty(own) { born.sort { (death[$0], $0) < (death[$1], $1) } }
        for value in born {
          if !isShared[value] {
            for place in replaces.range(value) {
              let old = Int(replaces.elements[place])
              guard !isShared[old], Int(death[old]) == position, !isReplaced[old] else { continue }
              isReplaced[old] = true
              now &-= bytes[old]
              break
            }
          }
          now &+= bytes[value]
          most = max(most, now)
        }
      }
      var dying = firstDying[position]
      while dying >= 0 {
        if !isReplaced[Int(dying)] { now &-= bytes[Int(dying)] }
        dying = nextDying[Int(dying)]
      }
    }
    return most
  }

  /// Bytes of live temporaries while each node runs, and the largest sum if a value takes the place of an operand that dies
  /// at its definition: `ScheduledGraph.liveBytes` and `sharedPeak`.
  func accounts(_ order: [Int32]) -> (live: [Int], shared: Int) {
    var openReads = [Int32](repeating: 0, count: bytes.count)
    for value in reads.elements { openReads[Int(value)] &+= 1 }
    var own = bytes
    for value in own.indices where isResult[value] || isArgument[value] { own[value] = 0 }
    var left = own
    var live: [Int] = [], now = 0, sharing = 0, shared = 0
    live.reserveCapacity(order.count)
    for node in order {
      let node = Int(node), made = defined(node)
      for value in made {
        if left[value] > 0 {
          for place in replaces.range(value) {
            let old = Int(replaces.elements[place])
            guard openReads[old] == 1, left[old] > 0 else { continue }
            sharing &-= left[old]
            left[old] = 0
            break
          }
        }
        now &+= own[value]
        sharing &+= left[value]
      }
      live.append(now)
      shared = max(shared, sharing)
      for place in reads.range(node) {
        let value = Int(reads.elements[place])
        openReads[value] &-= 1
        guard openReads[value] == 0 else { continue }
        now &-= own[value]
        sharing &-= left[value]
      }
      for value in made where openReads[value] == 0 {
        now &-= own[value]
        sharing &-= left[value]
      }
    }
    return (live, shared)
  }

  /// Temporaries that are alive while a node of an order runs.
  func alive(_ order: [Int32], at position: Int) -> [Int] {
    var isThere = [Bool](repeating: false, count: bytes.count), isRead = isThere
    for node in order[...position] { for value in defined(Int(node)) { isThere[value] = true } }
    for node in order[position...] {
      for place in reads.range(Int(node)) { isRead[Int(reads.elements[place])] = true }
    }
    return bytes.indices.filter { value in
      isThere[value] && (isRead[value] || owner[value] == order[position]) && !isResult[value] && !isArgument[value]
        && bytes[value] > 0
    }
  }
}
