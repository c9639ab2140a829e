/// Two graphs of one program, node by node: what only one of them has, bytes that differ, and edges that differ.
public struct GraphComparison: Sendable {
  /// Nodes of the first graph and their equals in the second, with equal bytes.
  public private(set) var equal: [(first: Int, second: Int)] = []
  /// Nodes that have the same origin and operands in both, and other bytes.
  public private(set) var resized: [(first: Int, second: Int)] = []
  /// Nodes of one graph alone.
  public private(set) var onlyFirst: [Int] = []
  /// Nodes of the other graph alone.
  public private(set) var onlySecond: [Int] = []
  /// Equal nodes that read or wait for others than their equals do.
  public private(set) var rewired: [(first: Int, second: Int)] = []

  /// Compares two graphs.
  ///
  /// Nodes that define memory are matched by the origin that the program's author gave, by the origins of what they
  /// read, and by their bytes; where only the bytes differ they count as resized. Names of values are looked through.
  public init(_ first: ScheduledGraph, _ second: ScheduledGraph) {
    var left = (first.memoryNodes, second.memoryNodes)
    func match(_ key: (ScheduledGraph, Int) -> [String]) -> [(first: Int, second: Int)] {
      var places = Dictionary(grouping: left.1.reversed()) { key(second, $0) }
      var pairs: [(first: Int, second: Int)] = []
      for node in left.0 {
        guard let other = places[key(first, node)]?.popLast() else { continue }
        pairs.append((node, other))
      }
      let matched = (Set(pairs.map(\.first)), Set(pairs.map(\.second)))
      left.0.removeAll { matched.0.contains($0) }
      left.1.removeAll { matched.1.contains($0) }
      return pairs
    }
    equal = match { $0.key($1, sources: true, bytes: true) } + match { $0.key($1, sources: false, bytes: true) }
    resized = match { $0.key($1, sources: true, bytes: false) } + match { $0.key($1, sources: false, bytes: false) }
    (onlyFirst, onlySecond) = left
    let equals = Dictionary(uniqueKeysWithValues: (equal + resized).map { ($0.first, $0.second) })
    rewired = equal.filter { pair in
      Set(first.sources(pair.first).map { equals[$0] ?? -1 }) != Set(second.sources(pair.second))
    }
  }
}

extension ScheduledGraph {
  /// Nodes that define memory: not names, tables and constants.
  fileprivate var memoryNodes: [Int] {
    nodes.indices.filter { nodes[$0].role == .work || nodes[$0].role == .copy || nodes[$0].role == .parameter }
  }

  /// The node whose output `node` names.
  private func maker(_ node: Int) -> Int {
    nodes[node].role.isName ? nodes[node].operands.first.map(maker) ?? node : node
  }

  /// Nodes that a node reads or waits for, names looked through, without constants.
  fileprivate func sources(_ node: Int) -> [Int] {
    (nodes[node].operands + nodes[node].predecessors).map(maker).filter { nodes[$0].role != .constant }
  }

  fileprivate func key(_ node: Int, sources isByRead: Bool, bytes isByBytes: Bool) -> [String] {
    // A copy has the origin of what it was made for.
    var key = [nodes[node].role == .copy ? "" : nodes[node].origin]
    if isByBytes {
      key += nodes[node].defined.map { "\(values[$0].bytes)" }
    } else {
      key.append("\(nodes[node].defined.count)")
    }
    if isByRead { key += nodes[node].operands.map { nodes[maker($0)].origin }.sorted() }
    return key
  }
}
