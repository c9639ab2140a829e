extension ScheduledGraph {
  /// The order of the list scheduler: of the nodes that are ready, the one that frees most bytes less those that it
  /// defines; then the one with most users; then the one that became ready last.
  ///
  /// A node's priority is computed when it becomes ready, and again only if it reads an operand of the node just
  /// scheduled while some value's open uses fell to one: other priorities stay stale, and that is part of the result.
  /// Single numbers come first. Uses go through tuples: who reads an element's tuple uses all of its values.
  ///
  /// Source: openxla/xla, xla/hlo/transforms/simplifiers/hlo_memory_scheduler.cc, `ListScheduler`.
  ///
  /// - Returns: indices into `nodes`.
  public func listOrder() -> [Int] {
    var scheduler = ListScheduler(self)
    return scheduler.run()
  }
}

private struct ListScheduler {
  struct Ready: Comparable {
    var freed: Int
    var users: Int
    var arrival: Int
    var node: Int

    static func < (a: Ready, b: Ready) -> Bool { (a.freed, a.users, a.arrival) < (b.freed, b.users, b.arrival) }
  }

  let graph: ScheduledGraph
  /// Values that each node uses, through tuples.
  let uses: [[Int]]
  let defined: [Int]
  var openUses: [Int]
  var waitsFor: [Int]
  /// Arrival of each node's valid entry in the queue, and its priority there; nil if it is not queued.
  var arrival: [Int?]
  var known: [(freed: Int, users: Int)]
  var arrivals = 0
  var queue = Heap<Ready>()

  init(_ graph: ScheduledGraph) {
    self.graph = graph
    uses = graph.nodes.map { node in
      var seen = Set<Int>()
      return node.operands.flatMap { graph.nodes[$0].carried }.filter { seen.insert($0).inserted }
    }
    defined = graph.nodes.indices.map { graph.nodes[$0].isGiven ? 0 : graph.bytesDefined($0) }
    openUses = Array(repeating: 0, count: graph.values.count)
    for value in uses.joined() { openUses[value] += 1 }
    for value in graph.results { openUses[value] += 1 }
    waitsFor = graph.nodes.map { Set($0.operands).count + $0.predecessors.count }
    arrival = Array(repeating: nil, count: graph.nodes.count)
    known = Array(repeating: (0, 0), count: graph.nodes.count)
  }

  private func priority(_ node: Int) -> (freed: Int, users: Int) {
    if graph.nodes[node].isScalar { return (.max, .max) }
    var freed = -defined[node]
    for value in uses[node] where openUses[value] == 1 && !graph.nodes[graph.values[value].owner].isGiven {
      freed += graph.values[value].bytes
    }
    return (freed, graph.users[node].count)
  }

  private mutating func enqueue(_ node: Int, _ priority: (freed: Int, users: Int)) {
    arrivals += 1
    arrival[node] = arrivals
    known[node] = priority
    queue.insert(Ready(freed: priority.freed, users: priority.users, arrival: arrivals, node: node))
  }

  mutating func run() -> [Int] {
    let nodes = graph.nodes
    let first = nodes.indices.filter { waitsFor[$0] == 0 }.sorted {
      (nodes[$0].role == .parameter ? 0 : 1, nodes[$0].number) < (
        nodes[$1].role == .parameter ? 0 : 1, nodes[$1].number
      )
    }
    for node in first { enqueue(node, priority(node)) }
    var order: [Int] = []
    order.reserveCapacity(nodes.count)
    while let best = queue.removeMaximum() {
      let node = best.node
      guard arrival[node] == best.arrival else { continue }
      arrival[node] = nil
      order.append(node)
      var someIsLast = false
      for value in uses[node] {
        openUses[value] -= 1
        if openUses[value] == 1 { someIsLast = true }
      }
      for waiting in [graph.users[node], graph.successors[node]].joined() {
        waitsFor[waiting] -= 1
        guard waitsFor[waiting] == 0 else { continue }
        enqueue(waiting, priority(waiting))
      }
      guard someIsLast else { continue }
      for operand in nodes[node].operands {
        for user in graph.users[operand] where arrival[user] != nil {
          let now = priority(user)
          if now != known[user] { enqueue(user, now) }
        }
      }
    }
    return order
  }
}
