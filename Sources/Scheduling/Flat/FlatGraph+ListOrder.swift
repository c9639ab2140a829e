extension FlatGraph {
  /// `ScheduledGraph.listOrder`.
  func listOrder() -> [Int32] {
    var scheduler = FlatListScheduler(self)
    return scheduler.run()
  }

  /// The tuple that a node is an element of.
  @inline(__always)
  fileprivate func tuple(of node: Int) -> Int? {
    roles[node] == .element ? Int(operands.elements[operands.range(node).lowerBound]) : nil
  }

  /// Of the values that a node uses, those that its tuple defines: the table alone, or all outputs.
  @inline(__always)
  fileprivate func usesOfTuple(_ node: Int) -> Range<Int> { tuple(of: node).map { defined($0) } ?? 0..<0 }

  /// Places in `reads` of the other values that a node uses: of an element, those that its tuple passes on.
  @inline(__always)
  fileprivate func otherUses(_ node: Int) -> Range<Int> {
    guard let tuple = tuple(of: node) else { return reads.range(node) }
    return roles[tuple] == .tuple ? reads.range(tuple) : 0..<0
  }
}

private struct FlatListScheduler {
  struct Ready: Comparable {
    var freed: Int
    var users: Int32
    var arrival: Int32
    var node: Int32

    static func < (a: Ready, b: Ready) -> Bool {
      a.freed != b.freed ? a.freed < b.freed : a.users != b.users ? a.users < b.users : a.arrival < b.arrival
    }
  }

  let graph: FlatGraph
  /// Bytes that a value frees at its last use: none of an argument.
  var freeable: [Int]
  /// Uses of a value that have not run. All elements of a tuple use all that it carries; of those that are left only two
  /// are counted, because only whether one use is left matters.
  var openUses: [Int32]
  /// Elements of each tuple that have not run.
  var openElements: [Int32]
  var waitsFor: [Int32]
  /// Arrival of each node's valid entry in the queue; 0 if it is not queued.
  var arrival: [Int32]
  var known: [Int]
  var defined: [Int]
  var arrivals: Int32 = 0
  var queue = Heap<Ready>()

  init(_ graph: FlatGraph) {
    self.graph = graph
    let count = graph.count, none = [Int32](repeating: 0, count: count)
    freeable = graph.bytes
    for value in freeable.indices where graph.isArgument[value] { freeable[value] = 0 }
    openUses = [Int32](repeating: 0, count: graph.bytes.count)
    openElements = none
    waitsFor = none
    arrival = none
    known = [Int](repeating: 0, count: count)
    defined = known
    for node in 0..<count {
      waitsFor[node] &+= Int32(graph.predecessors.range(node).count)
      for user in graph.users.range(node) { waitsFor[Int(graph.users.elements[user])] &+= 1 }
      if graph.roles[node] != .parameter { for value in graph.defined(node) { defined[node] &+= graph.bytes[value] } }
      if let tuple = graph.tuple(of: node) {
        openElements[tuple] &+= 1
        if openElements[tuple] > 2 { continue }
      }
      for value in graph.usesOfTuple(node) { openUses[value] &+= 1 }
      for place in graph.otherUses(node) { openUses[Int(graph.reads.elements[place])] &+= 1 }
    }
    for value in graph.isResult.indices where graph.isResult[value] { openUses[value] &+= 1 }
  }

  private func freed(_ node: Int) -> Int {
    if graph.isScalar[node] { return .max }
    if let tuple = graph.tuple(of: node), openElements[tuple] > 1 { return 0 }
    var freed = 0 &- defined[node]
    for value in graph.usesOfTuple(node) where openUses[value] == 1 { freed &+= freeable[value] }
    for place in graph.otherUses(node) {
      let value = Int(graph.reads.elements[place])
      if openUses[value] == 1 { freed &+= freeable[value] }
    }
    return freed
  }

  private mutating func enqueue(_ node: Int, _ freed: Int) {
    arrivals &+= 1
    arrival[node] = arrivals
    known[node] = freed
    let users = graph.isScalar[node] ? .max : Int32(graph.users.range(node).count)
    queue.insert(Ready(freed: freed, users: users, arrival: arrivals, node: Int32(node)))
  }

  /// Counts a node's uses as run; whether some value has one left.
  private mutating func use(_ node: Int) -> Bool {
    if let tuple = graph.tuple(of: node) {
      openElements[tuple] &-= 1
      if openElements[tuple] >= 2 { return false }
    }
    var someIsLast = false
    for value in graph.usesOfTuple(node) {
      openUses[value] &-= 1
      if openUses[value] == 1 { someIsLast = true }
    }
    for place in graph.otherUses(node) {
      let value = Int(graph.reads.elements[place])
      openUses[value] &-= 1
      if openUses[value] == 1 { someIsLast = true }
    }
    return someIsLast
  }

  mutating func run() -> [Int32] {
    for isArgument in [true, false] {
      for node in graph.byNumber where waitsFor[Int(node)] == 0 && (graph.roles[Int(node)] == .parameter) == isArgument
      {
        enqueue(Int(node), freed(Int(node)))
      }
    }
    var order: [Int32] = []
    order.reserveCapacity(graph.count)
    while let best = queue.removeMaximum() {
      let node = Int(best.node)
      guard arrival[node] == best.arrival else { continue }
      arrival[node] = 0
      order.append(best.node)
      let someIsLast = use(node)
      for place in graph.users.range(node) { leave(Int(graph.users.elements[place])) }
      for place in graph.successors.range(node) { leave(Int(graph.successors.elements[place])) }
      guard someIsLast else { continue }
      for place in graph.operands.range(node) {
        for other in graph.users.range(Int(graph.operands.elements[place])) {
          let user = Int(graph.users.elements[other])
          guard arrival[user] != 0 else { continue }
          let now = freed(user)
          if now != known[user] { enqueue(user, now) }
        }
      }
    }
    return order
  }

  /// What a node waits for has run, but for the rest.
  private mutating func leave(_ node: Int) {
    waitsFor[node] &-= 1
    if waitsFor[node] == 0 { enqueue(node, freed(node)) }
  }
}
