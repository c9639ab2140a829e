extension FlatGraph {
  /// `ScheduledGraph.depthFirstOrder`.
  func depthFirstOrder() -> [Int32] {
    var extraUsers = [Int](repeating: 0, count: count), sums = extraUsers
    var bytesSoFar = 0, seen = Marks()
    for node in 0..<count where roles[node] != .parameter {
      var own = 0
      for value in defined(node) { own &+= bytes[value] }
      bytesSoFar &+= own
      var readers = max(0, users.range(node).count &- 1), total = own
      seen.start(count)
      for place in operands.range(node) where seen.insert(operands.elements[place]) {
        let operand = Int(operands.elements[place])
        readers &+= extraUsers[operand]
        total &+= sums[operand]
      }
      extraUsers[node] = min(readers, count)
      sums[node] = min(total, bytesSoFar)
    }
    let allExtraUsers = extraUsers, allSums = sums
    func precedes(_ a: Int32, _ b: Int32) -> Bool {
      let a = Int(a), b = Int(b)
      return allExtraUsers[a] != allExtraUsers[b]
        ? allExtraUsers[a] > allExtraUsers[b] : allSums[a] != allSums[b] ? allSums[a] > allSums[b] : names[a] < names[b]
    }
    var order = PostOrder(count: count), next: [Int32] = []
    // All nodes are reached from the root.
    order.visit(count &- 1) { node, stack in
      next.removeAll(keepingCapacity: true)
      for place in operands.range(node) { next.append(operands.elements[place]) }
      for place in predecessors.range(node) { next.append(predecessors.elements[place]) }
      // `sort` for every node takes three times as long as everything else that a step needs.
      if next.count > Self.few {
        next.sort(by: precedes)
      } else {
        for end in next.indices.dropFirst() {
          var place = end
          while place > 0, precedes(next[place], next[place &- 1]) {
            next.swapAt(place, place &- 1)
            place &-= 1
          }
        }
      }
      for other in next.reversed() { stack.append(Int(other)) }
    }
    return order.nodes.map(Int32.init)
  }

  private static let few = 24
}
