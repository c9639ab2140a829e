extension ScheduledGraph {
  /// A line of a graph's text that cannot be read.
  public struct Unreadable: Error, Sendable, Hashable, CustomStringConvertible {
    /// Number of the line, from 1.
    public var line: Int
    /// The problem.
    public var problem: String
    /// The problem with its place.
    public var description: String { "line \(line): \(problem)" }
  }

  /// The graph as text, one shape, value or node a line; fields are separated by tabs.
  ///
  ///     shape  NOTATION
  ///     value  BYTES COMPACT-BYTES SHAPE PATH MAY-REPLACE
  ///     node   NAME ORIGIN ROLE NUMBER SHAPE FLAGS OPERANDS PREDECESSORS VALUES-DEFINED VALUES-PASSED-ON
  ///     donate ARGUMENT RESULT
  ///     root   NODE
  ///
  /// Lists are separated by commas, numbers count from 0. Flags are `s` for a scalar and `r` for what may run twice.
  public var text: String {
    func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ",") }
    var lines = shapes.map { "shape\t\($0)" }
    for value in values {
      lines.append(
        "value\t\(value.bytes)\t\(value.compactBytes)\t\(value.shape)\t\(list(value.path))\t\(list(value.mayReplace))")
    }
    for node in nodes {
      let flags = (node.isScalar ? "s" : "") + (node.isRepeatable ? "r" : "")
      let passed = node.carried.filter { !node.defined.contains($0) }
      lines.append(
        "node\t\(node.name)\t\(node.origin)\t\(node.role.word)\t\(node.number)\t\(node.shape)\t\(flags)\t"
          + "\(list(node.operands))\t\(list(node.predecessors))\t\(list(node.defined))\t\(list(passed))")
    }
    lines += donations.map { "donate\t\($0.argument)\t\($0.result)" }
    return lines.joined(separator: "\n") + "\nroot\t\(root)\n"
  }

  /// Reads the lines that `text` writes; other lines are left to the caller.
  ///
  /// - Throws: `Unreadable`.
  public init(lines: some Sequence<Substring>) throws(Unreadable) {
    var reader = TextReader()
    for (index, line) in lines.enumerated() {
      reader.line = index + 1
      try reader.take(line.split(separator: "\t", omittingEmptySubsequences: false))
    }
    self = try reader.graph()
  }
}

extension ScheduledGraph.Role {
  fileprivate var word: String {
    switch self {
    case .parameter: "parameter"
    case .constant: "constant"
    case .tuple: "tuple"
    case .element(let index): "element:\(index)"
    case .alias: "alias"
    case .copy: "copy"
    case .work: "work"
    }
  }

  fileprivate init?(word: Substring) {
    let plain: [Self] = [.parameter, .constant, .tuple, .alias, .work, .copy]
    if let role = plain.first(where: { $0.word == word }) {
      self = role
    } else if word.hasPrefix("element:"), let index = Int(word.dropFirst("element:".count)), index >= 0 {
      self = .element(index)
    } else {
      return nil
    }
  }
}

private struct TextReader {
  var line = 0
  private var shapes: [String] = []
  private var values: [ScheduledGraph.Value] = []
  private var nodes: [ScheduledGraph.Node] = []
  private var donations: [ScheduledGraph.Donation] = []
  private var root: Int?

  private func unreadable(_ problem: String) -> ScheduledGraph.Unreadable { .init(line: line, problem: problem) }

  private func number(_ text: Substring, below limit: Int = .max) throws(ScheduledGraph.Unreadable) -> Int {
    guard let number = Int(text), number >= 0, number < limit else {
      throw unreadable("\"\(text)\" is no valid number")
    }
    return number
  }

  private func list(_ text: Substring, below limit: Int) throws(ScheduledGraph.Unreadable) -> [Int] {
    var numbers: [Int] = []
    for part in text.split(separator: ",") { numbers.append(try number(part, below: limit)) }
    return numbers
  }

  mutating func take(_ fields: [Substring]) throws(ScheduledGraph.Unreadable) {
    switch (fields[0], fields.count) {
    case ("shape", 2): shapes.append(String(fields[1]))
    case ("value", 6):
      values.append(
        ScheduledGraph.Value(
          owner: -1, bytes: try number(fields[1], below: ScheduledGraph.Value.mostBytes + 1),
          path: try list(fields[4], below: 1 << 20),
          shape: try number(fields[3], below: shapes.count),
          compactBytes: try number(fields[2], below: ScheduledGraph.Value.mostBytes + 1),
          mayReplace: try list(fields[5], below: .max)))
    case ("node", 11): try takeNode(fields)
    case ("donate", 3):
      donations.append(
        ScheduledGraph.Donation(
          argument: try number(fields[1], below: values.count), result: try number(fields[2], below: values.count)))
    case ("root", 2): root = try number(fields[1], below: nodes.count)
    case ("shape", _), ("value", _), ("node", _), ("donate", _), ("root", _):
      throw unreadable("a \(fields[0]) has another number of fields")
    default: return
    }
  }

  private mutating func takeNode(_ fields: [Substring]) throws(ScheduledGraph.Unreadable) {
    guard let role = ScheduledGraph.Role(word: fields[3]) else { throw unreadable("there is no role \"\(fields[3])\"") }
    let operands = try list(fields[7], below: nodes.count)
    let defined = try list(fields[9], below: values.count), passed = try list(fields[10], below: values.count)
    for value in defined { values[value].owner = nodes.count }
    // Outermost first, which for a tuple is its own table.
    let carried = defined + passed
    nodes.append(
      ScheduledGraph.Node(
        name: String(fields[1]), origin: String(fields[2]), role: role, number: try number(fields[4]),
        operands: operands, predecessors: try list(fields[8], below: .max), carried: carried, defined: defined,
        reads: ScheduledGraph.reads(role, carried, operands.map { nodes[$0].carried }),
        shape: try number(fields[5], below: shapes.count), isScalar: fields[6].contains("s"),
        isRepeatable: fields[6].contains("r")))
  }

  func graph() throws(ScheduledGraph.Unreadable) -> ScheduledGraph {
    guard let root else { throw unreadable("the graph has no root: the file is cut off") }
    guard nodes.allSatisfy({ $0.predecessors.allSatisfy(nodes.indices.contains) }),
      values.allSatisfy({ $0.owner >= 0 && $0.mayReplace.allSatisfy(values.indices.contains) })
    else { throw unreadable("a line refers to a node or a value that is not there") }
    return ScheduledGraph(nodes: nodes, values: values, root: root, donations: donations, shapes: shapes)
  }
}
