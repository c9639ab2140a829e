/// Writes a `FlatGraph` node by node.
///
/// Between two nodes: `read` and `write` what the next one reads and writes, then `add` it.
package struct FlatWriter {
  /// A kind of array.
  package struct Kind: Sendable {
    var bytes: Int
    var isScalar: Bool

    /// A kind of arrays of `bytes` with padding; `isScalar` says whether one is one number.
    package init(bytes: Int, isScalar: Bool) {
      self.bytes = bytes
      self.isScalar = isScalar
    }
  }

  private let alignment: Int
  private let kinds: [Kind]
  private var roles: [FlatGraph.Role] = []
  private var names: [Int32] = []
  private var operands = IndexLists()
  /// The kind of every output.
  private var outputs: [Int32] = []
  private var firstOutput: [Int32] = [0]
  /// Of every output, the node that takes it out of its tuple, once there is one.
  private var elements: [Int32] = []
  /// The output of a tuple that an element is.
  private var element: [Int32] = []
  /// How many of the first operands a node's outputs may replace when they die.
  private var replaceable: [Int32] = []
  private var isScalar: [Bool] = []
  /// Nodes that wait, and what they wait for.
  private var waiting: [Int32] = [], awaited: [Int32] = []
  private var donations: [(argument: Int32, result: Int32)] = []

  /// A writer without nodes.
  ///
  /// - Parameters:
  ///   - alignment: bytes that every value is rounded up to.
  ///   - kinds: the kinds of arrays that nodes write.
  ///   - capacity: nodes that there may be.
  package init(alignment: Int, kinds: [Kind], capacity: Int) {
    self.alignment = alignment
    self.kinds = kinds
    roles.reserveCapacity(capacity)
    names.reserveCapacity(capacity)
    outputs.reserveCapacity(capacity)
    elements.reserveCapacity(capacity)
    firstOutput.reserveCapacity(capacity + 1)
    element.reserveCapacity(capacity)
    replaceable.reserveCapacity(capacity)
    isScalar.reserveCapacity(capacity)
    operands.reserveCapacity(lists: capacity, elements: 4 * capacity)
  }

  /// Number of nodes so far.
  package var count: Int { roles.count }

  /// The next node reads `node`.
  package mutating func read(_ node: Int) { operands.append(Int32(node)) }

  /// The next node writes an array of a kind.
  package mutating func write(_ kind: Int) {
    outputs.append(Int32(kind))
    elements.append(-1)
  }

  /// Adds a node.
  ///
  /// - Parameters:
  ///   - name: the rank of its name among all names.
  ///   - replaceable: how many of the first nodes that it reads its outputs may replace when they die.
  /// - Returns: its name to the others.
  @discardableResult
  package mutating func add(_ role: FlatGraph.Role, name: Int, replacing: Int = 0) -> Int {
    let first = Int(firstOutput[roles.count])
    isScalar.append(outputs.count - first == 1 && kinds[Int(outputs[first])].isScalar)
    roles.append(role)
    names.append(Int32(name))
    operands.close()
    firstOutput.append(Int32(outputs.count))
    element.append(-1)
    replaceable.append(Int32(replacing))
    return roles.count - 1
  }

  /// The output of a node at an index: the node itself where there is no tuple.
  package mutating func output(_ index: Int, of node: Int) -> Int {
    let first = Int(firstOutput[node])
    guard roles[node] == .tuple || Int(firstOutput[node + 1]) - first > 1 else { return node }
    if elements[first + index] >= 0 { return Int(elements[first + index]) }
    read(node)
    write(Int(outputs[first + index]))
    let made = add(.element, name: Int(names[node]))
    element[made] = Int32(index)
    elements[first + index] = Int32(made)
    return made
  }

  /// Bytes of an array of a kind.
  package func bytes(_ kind: Int) -> Int { kinds[kind].bytes }

  /// The kind of a node's first output.
  package func kind(_ node: Int) -> Int { Int(outputs[Int(firstOutput[node])]) }

  /// The work whose result, or a copy of it, is a node.
  package func work(_ node: Int) -> Int {
    var node = node
    while roles[node] == .element || roles[node] == .copy {
      node = Int(operands.elements[operands.range(node).lowerBound])
    }
    return node
  }

  /// Makes a node wait for another that it does not read.
  package mutating func wait(_ node: Int, for other: Int) {
    waiting.append(Int32(node))
    awaited.append(Int32(other))
  }

  /// Says that a result is written over an argument.
  package mutating func donate(_ argument: Int, to result: Int) {
    donations.append((Int32(argument), Int32(result)))
  }

  // MARK: - The graph

  /// The graph whose root is the node that was added last, and for each node what it was here.
  package func graph() -> (graph: FlatGraph, drafts: [Int32]) {
    let waits = IndexLists(count: count, lists: waiting, elements: awaited)
    let drafts = postOrder(waits)
    var place = [Int32](repeating: -1, count: count)
    for (node, draft) in drafts.enumerated() { place[Int(draft)] = Int32(node) }
    var graph = FlatGraph()
    graph.roles = drafts.map { roles[Int($0)] }
    graph.names = drafts.map { names[Int($0)] }
    graph.isScalar = drafts.map { isScalar[Int($0)] }
    graph.byNumber = byNumber(place)
    graph.operands.reserveCapacity(lists: drafts.count, elements: operands.elements.count)
    for draft in drafts {
      for operand in operands.list(Int(draft)) { graph.operands.append(place[Int(operand)]) }
      graph.operands.close()
      for other in waits.list(Int(draft)) { graph.predecessors.append(place[Int(other)]) }
      graph.predecessors.close()
    }
    defineValues(drafts, place, &graph)
    linkUsers(&graph)
    for donation in donations {
      let argument = place[Int(donation.argument)], result = place[Int(donation.result)]
      graph.donations.append(
        (graph.carried.list(Int(argument)).first ?? 0, graph.carried.list(Int(result)).first ?? 0))
    }
    return (graph, drafts)
  }

  /// Nodes that the last one needs, operands first, the first one first, and before them what a node waits for.
  private func postOrder(_ waits: IndexLists) -> [Int32] {
    var order = PostOrder(count: count)
    order.visit(count - 1) { node, stack in
      for place in operands.range(node).reversed() { stack.append(Int(operands.elements[place])) }
      for place in waits.range(node) { stack.append(Int(waits.elements[place])) }
    }
    return order.nodes.map(Int32.init)
  }

  /// Elements of tuples are made after all else, but for the root.
  private func byNumber(_ place: [Int32]) -> [Int32] {
    var order: [Int32] = []
    order.reserveCapacity(place.count)
    for draft in 0..<(count - 1) where roles[draft] != .element && place[draft] >= 0 { order.append(place[draft]) }
    for draft in elements where draft >= 0 && place[Int(draft)] >= 0 { order.append(place[Int(draft)]) }
    order.append(place[count - 1])
    return order
  }

  private func defineValues(_ drafts: [Int32], _ place: [Int32], _ graph: inout FlatGraph) {
    var raw: [Int] = [], seen = Marks()
    graph.bytes.reserveCapacity(outputs.count)
    graph.owner.reserveCapacity(outputs.count)
    graph.output.reserveCapacity(outputs.count)
    graph.kind.reserveCapacity(outputs.count)
    graph.firstValue.reserveCapacity(drafts.count + 1)
    raw.reserveCapacity(outputs.count)
    for (node, draft) in drafts.enumerated() {
      let draft = Int(draft), own = Int(firstOutput[draft])..<Int(firstOutput[draft + 1]), role = roles[draft]
      let read = graph.operands.range(node)
      switch role {
      case .element:
        let tuple = graph.carried.range(Int(graph.operands.elements[read.lowerBound]))
        graph.carried.append(graph.carried.elements[tuple.lowerBound + 1 + Int(element[draft])])
      case .tuple:
        graph.carried.append(define(&graph, &raw, node, bytes: Self.pointerBytes * read.count))
        for place in read {
          for value in graph.carried.range(Int(graph.operands.elements[place])) {
            graph.carried.append(graph.carried.elements[value])
          }
        }
      case .parameter, .work, .copy:
        if own.count > 1 {
          graph.carried.append(define(&graph, &raw, node, bytes: Self.pointerBytes * own.count))
        }
        for output in own {
          let kind = outputs[output]
          graph.carried.append(
            define(
              &graph, &raw, node, bytes: kinds[Int(kind)].bytes, output: Int32(output - own.lowerBound), kind: kind))
        }
      }
      graph.carried.close()
      graph.firstValue.append(Int32(raw.count))
      if role == .element {
        // Of a tuple it reads only the table and the element that it takes.
        let tuple = graph.carried.range(Int(graph.operands.elements[read.lowerBound]))
        graph.reads.append(graph.carried.elements[tuple.lowerBound])
        graph.reads.append(graph.carried.elements[graph.carried.range(node).lowerBound])
      } else {
        seen.start(raw.count)
        for place in read {
          for index in graph.carried.range(Int(graph.operands.elements[place])) {
            let value = graph.carried.elements[index]
            if seen.insert(value) { graph.reads.append(value) }
          }
        }
      }
      graph.reads.close()
      for value in graph.defined(node) {
        if replaceable[draft] > 0, own.count == 1 || graph.output[value] >= 0 {
          for place in read.prefix(Int(replaceable[draft])) {
            let operand = Int(graph.operands.elements[place]), values = graph.carried.range(operand)
            let old = graph.carried.elements[values.lowerBound]
            // Only a whole output is replaced, no element of a tuple.
            if graph.roles[operand] != .tuple, values.count == 1, raw[Int(old)] == raw[value],
              graph.defined(Int(graph.owner[Int(old)])).count == 1
            {
              graph.replaces.append(old)
            }
          }
        }
        graph.replaces.close()
      }
    }
    graph.isResult = [Bool](repeating: false, count: raw.count)
    for value in graph.carried.list(drafts.count - 1) { graph.isResult[Int(value)] = true }
    graph.isArgument = graph.owner.map { graph.roles[Int($0)] == .parameter }
  }

  private static let pointerBytes = 4

  /// Adds a value of a node; without a place among its outputs, the table of pointers of a tuple.
  @inline(__always)
  private func define(
    _ graph: inout FlatGraph, _ raw: inout [Int], _ node: Int, bytes: Int, output: Int32 = -1, kind: Int32 = -1
  ) -> Int32 {
    raw.append(bytes)
    graph.bytes.append((bytes + alignment - 1) / alignment * alignment)
    graph.owner.append(Int32(node))
    graph.output.append(output)
    graph.kind.append(kind)
    return Int32(raw.count - 1)
  }

  private func linkUsers(_ graph: inout FlatGraph) {
    var users: [Int32] = [], read: [Int32] = [], seen = Marks()
    users.reserveCapacity(graph.operands.elements.count)
    read.reserveCapacity(graph.operands.elements.count)
    for node in graph.byNumber {
      seen.start(graph.count)
      for operand in graph.operands.list(Int(node)) where seen.insert(operand) {
        read.append(operand)
        users.append(node)
      }
    }
    graph.users = IndexLists(count: graph.count, lists: read, elements: users)
    users = []
    read = []
    for node in 0..<graph.count {
      for other in graph.predecessors.list(node) {
        read.append(other)
        users.append(Int32(node))
      }
    }
    graph.successors = IndexLists(count: graph.count, lists: read, elements: users)
  }
}

/// A set of small numbers that is emptied in constant time.
struct Marks {
  private var marks: [Int32] = []
  private var round: Int32 = 0

  /// Empties it, for numbers below `count`.
  mutating func start(_ count: Int) {
    while marks.count < count { marks.append(0) }
    round += 1
  }

  /// Adds a number; whether it was missing.
  mutating func insert(_ number: Int32) -> Bool {
    guard marks[Int(number)] != round else { return false }
    marks[Int(number)] = round
    return true
  }
}
