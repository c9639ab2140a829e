/// An array of a graph that is written: its bytes in memory, and its shape in words.
package protocol WrittenArray: Hashable, CustomStringConvertible {
  /// Bytes with padding.
  var tiledBytes: Int { get }
  /// Bytes in the layout that pads least, in which rematerialization may keep it.
  var compactBytes: Int { get }
  /// Whether it is one number.
  var isScalar: Bool { get }
}

/// Writes a graph node by node; edges that keep updates in place, and the order of the nodes, come last.
package struct GraphWriter<Element: WrittenArray> {
  /// A node that has been written.
  package struct Draft {
    /// What the program's author called it.
    package var origin: String
    /// What it does to memory.
    package var role: ScheduledGraph.Role
    /// Number in the order in which nodes are made.
    package var number: Int
    /// Nodes that it reads.
    package var operands: [Int]
    /// Nodes that must run before it.
    package var predecessors: [Int] = []
    /// Arrays of its output; several make a tuple.
    package var outputs: [Element]
    /// Operands whose place its outputs may take when they die.
    package var replaceable: [Int] = []
    /// Whether it may run twice.
    package var isRepeatable = true
  }

  /// The nodes so far; an index here is a node's name to the others.
  package private(set) var drafts: [Draft] = []
  /// Elements taken out of tuples, by the tuple and the index.
  private var elements: [Int: Int] = [:]
  /// Arguments, and the node whose output takes the place of each.
  private var donations: [(argument: Int, result: Int)] = []
  private let alignment: Int
  private let numbersNames: Bool

  /// A writer without nodes.
  ///
  /// - Parameters:
  ///   - alignment: bytes that every value is rounded up to.
  ///   - numbersNames: whether each node has a name of its own, for people to read; otherwise it has that of its origin.
  package init(alignment: Int, numbersNames: Bool) {
    self.alignment = alignment
    self.numbersNames = numbersNames
  }

  /// Adds work.
  @discardableResult
  package mutating func add(
    _ origin: String, _ number: Int, _ operands: [Int], _ outputs: Element..., replacing replaceable: [Int] = []
  ) -> Int {
    add(origin, .work, number, operands, outputs: outputs, replacing: replaceable)
  }

  /// Adds a node of one output.
  @discardableResult
  package mutating func add(
    _ origin: String, _ role: ScheduledGraph.Role, _ number: Int, _ operands: [Int], _ output: Element
  ) -> Int {
    add(origin, role, number, operands, outputs: [output])
  }

  /// Adds a node with a list of outputs.
  @discardableResult
  package mutating func add(
    _ origin: String, _ role: ScheduledGraph.Role, _ number: Int, _ operands: [Int], outputs: [Element],
    replacing replaceable: [Int] = []
  ) -> Int {
    drafts.append(
      Draft(
        origin: origin, role: role, number: number, operands: operands, outputs: outputs, replaceable: replaceable,
        isRepeatable: role != .parameter && role != .constant))
    return drafts.count - 1
  }

  /// The element of a tuple at an index, as a node of its own.
  package mutating func element(_ index: Int, of tuple: Int) -> Int {
    let key = tuple * Self.mostElements + index
    if let known = elements[key] { return known }
    let number = Self.firstElement + drafts[tuple].number * Self.mostElements + index
    let node = add(drafts[tuple].origin, .element(index), number, [tuple], drafts[tuple].outputs[index])
    elements[key] = node
    return node
  }

  // Elements are made after all fusions, in their order.
  private static var firstElement: Int { 1 << 36 }
  private static var mostElements: Int { 1 << 18 }

  /// Makes a node wait for others that it does not read.
  package mutating func wait(_ node: Int, for others: [Int]) { drafts[node].predecessors += others }

  /// Says that a result is written over an argument.
  package mutating func donate(_ argument: Int, to result: Int) { donations.append((argument, result)) }

  /// The node that computes what `node` names.
  package func maker(_ node: Int) -> Int {
    switch drafts[node].role {
    case .element, .alias: maker(drafts[node].operands[0])
    default: node
    }
  }

  /// Nodes that read each node.
  private var readers: [[Int]] {
    var readers = [[Int]](repeating: [], count: drafts.count)
    for (index, draft) in drafts.enumerated() {
      for operand in Set(draft.operands) { readers[operand].append(index) }
    }
    return readers
  }

  /// Makes every update in place wait for the readers of the argument that it overwrites, unless it follows them anyhow.
  ///
  /// Source: openxla/xla, xla/service/copy_insertion.cc, `AddSpecialCaseCopies` and `CopyRemover`.
  ///
  /// - Parameter reductions: nodes that most updates follow.
  package mutating func orderUpdates(after reductions: Set<Int>) {
    let readers = readers
    // What precedes the reductions is found once for each of them, because every update follows one.
    var known: [Int: [Bool]] = [:]
    func ancestry(_ node: Int) -> [Bool] {
      if let found = known[node] { return found }
      var found = [Bool](repeating: false, count: drafts.count)
      var stack = [node]
      while let next = stack.popLast() {
        for operand in drafts[next].operands + drafts[next].predecessors where !found[operand] {
          found[operand] = true
          if reductions.contains(operand) {
            let before = ancestry(operand)
            for index in before.indices where before[index] { found[index] = true }
          } else {
            stack.append(operand)
          }
        }
      }
      if reductions.contains(node) { known[node] = found }
      return found
    }
    for (argument, result) in donations {
      let update = maker(result)
      let others = readers[argument].filter { $0 != update }
      guard !others.isEmpty else { continue }
      let before = ancestry(update)
      drafts[update].predecessors += others.filter { !before[$0] }.sorted {
        drafts[$0].number < drafts[$1].number
      }
    }
  }

  /// The graph whose result is a tuple of `results`.
  package func graph(results: [Int]) -> ScheduledGraph { graphWithDrafts(results: results).graph }

  /// The same, and the draft that each node was.
  package func graphWithDrafts(results: [Int]) -> (graph: ScheduledGraph, drafts: [Int]) {
    var all = self
    let root = all.add("", .tuple, .max >> 8, results, outputs: [])
    return all.graph(root: root)
  }

  private func graph(root: Int) -> (graph: ScheduledGraph, drafts: [Int]) {
    // Operands first, the first one first, and before them what a node waits for.
    var walk = PostOrder(count: drafts.count)
    walk.visit(root) { node in drafts[node].predecessors.reversed() + drafts[node].operands }
    let order = walk.nodes
    var place = [Int](repeating: 0, count: drafts.count)
    for (position, draft) in order.enumerated() { place[draft] = position }
    var shapes: [String] = [], shapeNumbers: [[Element]: Int] = [:]
    func shape(_ outputs: [Element]) -> Int {
      if let known = shapeNumbers[outputs] { return known }
      let texts = outputs.map { "\($0)" }
      shapeNumbers[outputs] = shapes.count
      shapes.append(texts.count == 1 ? texts[0] : "(\(texts.joined(separator: ", ")))")
      return shapes.count - 1
    }
    var values: [ScheduledGraph.Value] = []
    var nodes: [ScheduledGraph.Node] = []
    values.reserveCapacity(order.count)
    nodes.reserveCapacity(order.count)
    func define(_ bytes: Int, _ compact: Int, _ path: [Int], _ shape: Int) -> Int {
      let whole = (bytes + alignment - 1) / alignment * alignment
      values.append(
        ScheduledGraph.Value(
          owner: nodes.count, bytes: whole, path: path, shape: shape, compactBytes: min(whole, compact)))
      return values.count - 1
    }
    func table(_ count: Int, _ shape: Int) -> Int { define(4 * count, 4 * count, [], shape) }
    var names: [String: Int] = [:]
    for index in order {
      let draft = drafts[index]
      let operands = draft.operands.map { place[$0] }
      let whole = shape(draft.outputs)
      let carried: [Int]
      switch draft.role {
      case .element(let element): carried = [nodes[operands[0]].carried[1 + element]]
      case .alias: carried = nodes[operands[0]].carried
      case .tuple: carried = [table(operands.count, whole)] + operands.flatMap { nodes[$0].carried }
      default:
        if draft.outputs.count == 1 {
          carried = [define(draft.outputs[0].tiledBytes, draft.outputs[0].compactBytes, [], whole)]
        } else {
          carried =
            [table(draft.outputs.count, whole)]
            + draft.outputs.enumerated().map { define($1.tiledBytes, $1.compactBytes, [$0], shape([$1])) }
        }
      }
      let defined = carried.filter { values[$0].owner == nodes.count }
      let replaceable = draft.replaceable.map { nodes[place[$0]] }
      for value in defined where !replaceable.isEmpty && (draft.outputs.count == 1 || !values[value].path.isEmpty) {
        values[value].mayReplace = replaceable.filter {
          $0.role != .tuple && $0.carried.count == 1 && values[$0.carried[0]].shape == values[value].shape
            && values[$0.carried[0]].path.isEmpty
        }.map { $0.carried[0] }
      }
      var name = draft.origin
      if numbersNames {
        name += "#\(names[draft.origin, default: 0])"
        names[draft.origin, default: 0] += 1
      }
      nodes.append(
        ScheduledGraph.Node(
          name: name, origin: draft.origin, role: draft.role, number: draft.number,
          operands: operands, predecessors: draft.predecessors.map { place[$0] }, carried: carried, defined: defined,
          reads: ScheduledGraph.reads(draft.role, carried, operands.map { nodes[$0].carried }), shape: whole,
          isScalar: draft.outputs.count == 1 && draft.outputs[0].isScalar,
          isRepeatable: draft.isRepeatable))
    }
    let donations = donations.map { donation in
      ScheduledGraph.Donation(
        argument: nodes[place[donation.argument]].carried[0], result: nodes[place[donation.result]].carried[0])
    }
    let graph = ScheduledGraph(
      nodes: nodes, values: values, root: nodes.count - 1, donations: donations, shapes: shapes)
    return (graph, order)
  }
}
