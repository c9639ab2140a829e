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
    var order = PostOrder(count: nodes.count)
    func visit(_ start: Int) {
      order.visit(start) { node in (nodes[node].operands + nodes[node].predecessors).sorted(by: precedes) }
    }
    visit(root)
    for node in nodes.indices where users[node].isEmpty { visit(node) }
    for node in nodes.indices { visit(node) }
    return order.nodes
  }
}
