extension ScheduledGraph {
  /// The depth-first order: operands first, and of a node's operands the one whose work has most accumulated extra
  /// users, then most accumulated bytes, then the first by name.
  ///
  /// Source: openxla/xla, xla/hlo/transforms/simplifiers/hlo_memory_scheduler.cc, `DFSMemoryScheduler`.
  ///
  /// - Returns: indices into `nodes`.
  public func depthFirstOrder() -> [Int] {
    var extraUsers = [Int](repeating: 0, count: nodes.count), bytes = extraUsers
    var bytesSoFar = 0
    for (index, node) in nodes.enumerated() where !node.isGiven {
      let own = bytesDefined(index)
      bytesSoFar += own
      var users = max(0, users[index].count - 1), total = own
      for operand in Set(node.operands) {
        users += extraUsers[operand]
        total += bytes[operand]
      }
      // The sums count shared operands several times, so they are bounded by what there is.
      extraUsers[index] = min(users, nodes.count)
      bytes[index] = min(total, bytesSoFar)
    }
    return depthFirst { a, b in
      (-extraUsers[a], -bytes[a], nodes[a].name) < (-extraUsers[b], -bytes[b], nodes[b].name)
    }
  }

  // Post order from the root, then from every node without users, then from whatever is left.
  private func depthFirst(_ precedes: (Int, Int) -> Bool) -> [Int] {
    var done = [Bool](repeating: false, count: nodes.count)
    var order: [Int] = []
    order.reserveCapacity(nodes.count)
    var stack: [(node: Int, isEntered: Bool)] = []
    func visit(_ start: Int) {
      stack.append((start, false))
      while let (node, isEntered) = stack.popLast() {
        guard !done[node] else { continue }
        if isEntered {
          done[node] = true
          order.append(node)
          continue
        }
        stack.append((node, true))
        let next = (nodes[node].operands + nodes[node].predecessors).filter { !done[$0] }
        stack += next.sorted { precedes($1, $0) }.map { ($0, false) }
      }
    }
    visit(root)
    for node in nodes.indices where users[node].isEmpty { visit(node) }
    for node in nodes.indices { visit(node) }
    return order
  }
}
