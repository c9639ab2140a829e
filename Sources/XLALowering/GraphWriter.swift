import Scheduling
import TrainingStep

/// Writes a graph node by node; edges that keep updates in place, and the order of the nodes, come last.
struct GraphWriter {
  /// A node that has been written.
  struct Draft {
    var origin: String
    var role: ScheduledGraph.Role
    var number: Int
    var operands: [Int]
    /// Nodes that must run before it.
    var predecessors: [Int] = []
    /// Arrays of its output; several make a tuple.
    var outputs: [TiledArray]
    /// Operands whose place its outputs may take when they die.
    var replaceable: [Int] = []
    var isRepeatable = true
  }

  private(set) var drafts: [Draft] = []
  /// Elements taken out of tuples, by the tuple and the index.
  private var elements: [[Int]: Int] = [:]
  /// Arguments, and the node whose output takes the place of each.
  private(set) var donations: [(argument: Int, result: Int)] = []
  private let alignment: Int

  init(alignment: Int) { self.alignment = alignment }

  /// Adds work.
  @discardableResult
  mutating func add(
    _ origin: String, _ number: Int, _ operands: [Int], _ outputs: TiledArray..., replacing replaceable: [Int] = []
  ) -> Int {
    add(origin, .work, number, operands, outputs: outputs, replacing: replaceable)
  }

  /// Adds a node of one output.
  @discardableResult
  mutating func add(
    _ origin: String, _ role: ScheduledGraph.Role, _ number: Int, _ operands: [Int], _ output: TiledArray
  ) -> Int {
    add(origin, role, number, operands, outputs: [output])
  }

  /// Adds a node with a list of outputs.
  @discardableResult
  mutating func add(
    _ origin: String, _ role: ScheduledGraph.Role, _ number: Int, _ operands: [Int], outputs: [TiledArray],
    replacing replaceable: [Int] = []
  ) -> Int {
    drafts.append(
      Draft(
        origin: origin, role: role, number: number, operands: operands, outputs: outputs, replaceable: replaceable,
        isRepeatable: role != .parameter && role != .constant))
    return drafts.count - 1
  }

  /// The element of a tuple at an index, as a node of its own.
  mutating func element(_ index: Int, of tuple: Int) -> Int {
    if let known = elements[[tuple, index]] { return known }
    let number = Self.firstElement + drafts[tuple].number * Self.mostElements + index
    let node = add(drafts[tuple].origin, .element(index), number, [tuple], drafts[tuple].outputs[index])
    elements[[tuple, index]] = node
    return node
  }

  // Elements are made after all fusions, in their order.
  private static let firstElement = 1 << 32, mostElements = 1 << 12

  /// Says that a result is written over an argument.
  mutating func donate(_ argument: Int, to result: Int) { donations.append((argument, result)) }

  /// The node that computes what `node` names.
  private func maker(_ node: Int) -> Int {
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
  mutating func orderUpdates(after reductions: Set<Int>) {
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
  func graph(results: [Int]) -> ScheduledGraph {
    var all = self
    let root = all.add("", .tuple, .max >> 8, results, outputs: [])
    return all.graph(root: root)
  }

  private func graph(root: Int) -> ScheduledGraph {
    // Operands first, the first one first, and before them what a node waits for.
    var walk = PostOrder(count: drafts.count)
    walk.visit(root) { node in drafts[node].predecessors.reversed() + drafts[node].operands }
    let order = walk.nodes
    var place = [Int](repeating: 0, count: drafts.count)
    for (position, draft) in order.enumerated() { place[draft] = position }
    var shapes: [String] = [], shapeNumbers: [String: Int] = [:]
    func shape(_ text: String) -> Int {
      if let known = shapeNumbers[text] { return known }
      shapeNumbers[text] = shapes.count
      shapes.append(text)
      return shapes.count - 1
    }
    var values: [ScheduledGraph.Value] = []
    var nodes: [ScheduledGraph.Node] = []
    func define(_ bytes: Int, _ compact: Int, _ path: [Int], _ text: String) -> Int {
      let whole = (bytes + alignment - 1) / alignment * alignment
      values.append(
        ScheduledGraph.Value(
          owner: nodes.count, bytes: whole, path: path, shape: shape(text), compactBytes: min(whole, compact)))
      return values.count - 1
    }
    func table(_ count: Int, _ text: String) -> Int { define(4 * count, 4 * count, [], text) }
    var names: [String: Int] = [:]
    for index in order {
      let draft = drafts[index]
      let operands = draft.operands.map { place[$0] }
      let text =
        draft.outputs.count == 1
        ? "\(draft.outputs[0])" : "(" + draft.outputs.map { "\($0)" }.joined(separator: ", ") + ")"
      let carried: [Int]
      switch draft.role {
      case .element(let element): carried = [nodes[operands[0]].carried[1 + element]]
      case .alias: carried = nodes[operands[0]].carried
      case .tuple: carried = [table(operands.count, text)] + operands.flatMap { nodes[$0].carried }
      default:
        if draft.outputs.count == 1 {
          carried = [define(draft.outputs[0].tiledBytes, draft.outputs[0].compactBytes, [], text)]
        } else {
          carried =
            [table(draft.outputs.count, text)]
            + draft.outputs.enumerated().map { define($1.tiledBytes, $1.compactBytes, [$0], "\($1)") }
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
      let number = names[draft.origin, default: 0]
      names[draft.origin] = number + 1
      nodes.append(
        ScheduledGraph.Node(
          name: "\(draft.origin)#\(number)", origin: draft.origin, role: draft.role, number: draft.number,
          operands: operands, predecessors: draft.predecessors.map { place[$0] }, carried: carried, defined: defined,
          reads: ScheduledGraph.reads(draft.role, carried, operands.map { nodes[$0].carried }), shape: shape(text),
          isScalar: draft.outputs.count == 1 && draft.outputs[0].extents.allSatisfy { $0 == 1 },
          isRepeatable: draft.isRepeatable))
    }
    let donations = donations.map { donation in
      ScheduledGraph.Donation(
        argument: nodes[place[donation.argument]].carried[0], result: nodes[place[donation.result]].carried[0])
    }
    return ScheduledGraph(
      nodes: nodes, values: values, root: nodes.count - 1, donations: donations, shapes: shapes)
  }
}
