import Scheduling
import VisionTransformer

extension HLOModule {
  /// The entry computation as the compiler's scheduler sees it.
  ///
  /// `bitcast`, `tuple` and `get-tuple-element` define no arrays; everything else defines what it returns. Arrays take
  /// whole tiles, rounded up to `alignment`; so does the table of pointers of a tuple, 4 bytes an element.
  ///
  /// Source: Facts, "The public algorithms".
  ///
  /// - Parameter alignment: bytes: 1,024 on TPUv2 and v3, 512 on later ones.
  /// - Throws: `DecodingError.malformed` if the instructions refer to what does not precede them.
  public func scheduledGraph(alignment: Int = 1024) throws(DecodingError) -> ScheduledGraph {
    guard let computation = computations[entry] else { throw .malformed("the program has no entry computation") }
    var builder = GraphBuilder(self, alignment: alignment)
    for instruction in computation.instructions { try builder.add(instruction) }
    return try builder.graph(computation)
  }
}

private struct GraphBuilder {
  let module: HLOModule
  let alignment: Int
  private var nodes: [ScheduledGraph.Node] = []
  private var values: [ScheduledGraph.Value] = []
  private var instructions: [HLOInstruction] = []
  private var index: [Int: Int] = [:]
  private var shapeNumbers: [String: Int] = [:]
  private var shapes: [String] = []
  private var parameters: [Int: Int] = [:]

  init(_ module: HLOModule, alignment: Int) {
    self.module = module
    self.alignment = alignment
  }

  private func node(_ id: Int, of instruction: HLOInstruction) throws(HLOModule.DecodingError) -> Int {
    guard let known = index[id] else {
      throw .malformed("\(instruction.name) refers to instruction \(id), which does not precede it")
    }
    return known
  }

  private mutating func shape(_ shape: HLOShape) -> Int {
    let text = shape.description
    if let known = shapeNumbers[text] { return known }
    shapeNumbers[text] = shapes.count
    shapes.append(text)
    return shapes.count - 1
  }

  mutating func add(_ instruction: HLOInstruction) throws(HLOModule.DecodingError) {
    var operands: [Int] = []
    for id in instruction.operands { operands.append(try node(id, of: instruction)) }
    let carried = values(of: instruction, operands)
    let own = nodes.count
    let role = role(instruction)
    nodes.append(
      ScheduledGraph.Node(
        name: instruction.name, origin: instruction.operationName, role: role, number: instruction.id,
        operands: operands, predecessors: [], carried: carried, defined: carried.filter { values[$0].owner == own },
        reads: ScheduledGraph.reads(role, carried, operands.map { nodes[$0].carried }),
        shape: shape(instruction.shape),
        isScalar: instruction.shape.isScalar, isRepeatable: isRepeatable(instruction, operands)))
    index[instruction.id] = own
    instructions.append(instruction)
    if instruction.opcode == "parameter" { parameters[instruction.index] = own }
    for value in nodes[own].defined { values[value].mayReplace = replaceable(value, by: instruction, operands) }
  }

  // MARK: - Values

  private mutating func define(_ shape: HLOShape, path: [Int]) -> Int {
    let bytes = shape.elements.isEmpty && shape.elementType != .tuple ? shape.padded.count : 4 * shape.elements.count
    let whole =
      bytes > ScheduledGraph.Value.mostBytes - alignment
      ? ScheduledGraph.Value.mostBytes : (bytes + alignment - 1) / alignment * alignment
    values.append(
      ScheduledGraph.Value(
        owner: nodes.count, bytes: whole, path: path, shape: self.shape(shape),
        compactBytes: min(whole, shape.compactBytes)))
    return values.count - 1
  }

  /// Defines a shape's values, outermost first.
  private mutating func defineAll(_ shape: HLOShape, path: [Int] = []) -> [Int] {
    var made = [define(shape, path: path)]
    for (index, element) in shape.elements.enumerated() { made += defineAll(element, path: path + [index]) }
    return made
  }

  private mutating func values(of instruction: HLOInstruction, _ operands: [Int]) -> [Int] {
    func carried(_ place: Int) -> [Int] { operands.indices.contains(place) ? nodes[operands[place]].carried : [] }
    switch instruction.opcode {
    case "bitcast", "opt-barrier", "optimization-barrier", "domain", "add-dependency": return carried(0)
    case "tuple":
      return [define(instruction.shape, path: [])] + operands.flatMap { nodes[$0].carried }
    case "get-tuple-element":
      let elements = operands.first.map { instructions[$0].shape.elements } ?? []
      let before = elements.prefix(instruction.index).reduce(1) { $0 + $1.valueCount }
      return Array(carried(0).dropFirst(before).prefix(instruction.shape.valueCount))
    default: return defineAll(instruction.shape)
    }
  }

  private func role(_ instruction: HLOInstruction) -> ScheduledGraph.Role {
    switch instruction.opcode {
    case "parameter": .parameter
    case "constant": .constant
    case "tuple": .tuple
    case "get-tuple-element": .element(instruction.index)
    case "bitcast", "opt-barrier", "optimization-barrier", "domain", "add-dependency": .alias
    case "copy": .copy
    default: .work
    }
  }

  /// Source: openxla/xla, hlo_rematerialization.cc, `IsRematerializable`: a copy into the same layout stays too, and an
  /// all-reduce may move (seen where the limit is below the results).
  private func isRepeatable(_ instruction: HLOInstruction, _ operands: [Int]) -> Bool {
    switch instruction.opcode {
    case "call", "constant", "conditional", "custom-call", "parameter", "while", "infeed", "outfeed", "rng", "send",
      "recv":
      false
    case "copy": operands.first.map { instructions[$0].shape.layout != instruction.shape.layout } ?? true
    default: true
    }
  }

  // MARK: - Places that a value may take over

  /// Source: openxla/xla, hlo_dataflow_analysis.cc, `CanShareOperandBufferWithUser`: an elementwise operation may write
  /// over an operand of its own shape; so may a fusion that reads it elementwise alone.
  private func replaceable(_ value: Int, by instruction: HLOInstruction, _ operands: [Int]) -> [Int] {
    let path = values[value].path
    guard path.count <= 1 else { return [] }
    let shape = path.first.map { instruction.shape.elements[$0] } ?? instruction.shape
    guard shape.elements.isEmpty, instruction.opcode == "fusion" || instruction.isElementwise else { return [] }
    var result: [Int] = []
    for operand in operands where !result.contains(nodes[operand].carried[0]) {
      let other = nodes[operand].carried[0]
      guard instructions[operand].shape.elements.isEmpty, values[other].owner == operand, values[other].path.isEmpty,
        instructions[operand].shape.placed == shape.placed
      else { continue }
      if instruction.opcode == "fusion" ? isReadElementwise(operand, by: instruction, operands) : true {
        result.append(other)
      }
    }
    return result
  }

  private func isReadElementwise(_ operand: Int, by fusion: HLOInstruction, _ operands: [Int]) -> Bool {
    guard let body = fusion.called.first.flatMap({ module.computations[$0] }) else { return false }
    let extents = instructions[operand].shape.dimensions
    var reached = Set(
      body.instructions.filter {
        $0.opcode == "parameter" && operands.indices.contains($0.index) && operands[$0.index] == operand
      }.map(\.id))
    for instruction in body.instructions where instruction.opcode != "parameter" && instruction.opcode != "tuple" {
      guard instruction.operands.contains(where: reached.contains) else { continue }
      guard instruction.isElementwise || instruction.opcode == "copy", instruction.shape.dimensions == extents else {
        return false
      }
      reached.insert(instruction.id)
    }
    return true
  }

  // MARK: - The graph

  mutating func graph(_ computation: HLOComputation) throws(HLOModule.DecodingError) -> ScheduledGraph {
    for (own, instruction) in instructions.enumerated() {
      for id in instruction.predecessors {
        guard let known = index[id] else {
          throw .malformed("\(instruction.name) waits for instruction \(id), which does not exist")
        }
        nodes[own].predecessors.append(known)
      }
    }
    guard let root = index[computation.root] else { throw .malformed("the entry computation has no root") }
    var donations: [ScheduledGraph.Donation] = []
    for alias in module.donations {
      guard let parameter = parameters[alias.argument], let argument = value(of: parameter, at: alias.place),
        let result = value(of: root, at: alias.result)
      else { throw .malformed("a donated argument or its result does not exist") }
      donations.append(ScheduledGraph.Donation(argument: argument, result: result))
    }
    return ScheduledGraph(nodes: nodes, values: values, root: root, donations: donations, shapes: shapes)
  }

  private func value(of node: Int, at path: [Int]) -> Int? {
    var shape = instructions[node].shape
    var place = 0
    for index in path {
      guard shape.elements.indices.contains(index) else { return nil }
      place += shape.elements.prefix(index).reduce(1) { $0 + $1.valueCount }
      shape = shape.elements[index]
    }
    return nodes[node].carried.indices.contains(place) ? nodes[node].carried[place] : nil
  }
}

extension HLOInstruction {
  /// Source: openxla/xla, hlo_instruction.cc, `IsElementwise`; copies change the layout here.
  fileprivate var isElementwise: Bool { Self.elementwise.contains(opcode) }

  private static let elementwise: Set<String> = [
    "abs", "add", "and", "atan2", "cbrt", "ceil", "clamp", "compare", "convert", "cosine", "divide", "erf",
    "exponential", "exponential-minus-one", "floor", "is-finite", "log", "log-plus-one", "logistic", "maximum",
    "minimum", "multiply", "negate", "not", "or", "popcnt", "power", "reduce-precision", "remainder",
    "round-nearest-afz", "round-nearest-even", "rsqrt", "select", "shift-left", "shift-right-arithmetic",
    "shift-right-logical", "sign", "sine", "sqrt", "subtract", "tan", "tanh", "xor", "bitcast-convert",
  ]
}

extension HLOShape {
  /// The values that it consists of: its arrays and, of every tuple, the table.
  fileprivate var valueCount: Int { elements.reduce(1) { $0 + $1.valueCount } }

  /// Whether it is an array of one element.
  fileprivate var isScalar: Bool { elements.isEmpty && elementType != .tuple && dimensions.allSatisfy { $0 == 1 } }

  /// The layout in the compiler's notation; empty for a tuple.
  fileprivate var layout: String {
    guard elements.isEmpty, let brace = description.firstIndex(of: "{") else { return "" }
    return String(description[brace...])
  }

  /// The shape wherever it is kept.
  fileprivate var placed: HLOShape {
    var shape = self
    shape.memorySpace = 0
    return shape
  }

  /// Bytes in the order of dimensions that pads least: 128 of the fastest, and 8 of the next, or 4 or 2 where it is
  /// shorter.
  ///
  /// Source: seen in what libtpu 0.0.17.1 compresses (Facts, "Automatic rematerialization").
  fileprivate var compactBytes: Int {
    var best = padded.count
    guard dimensions.count >= 2, elements.isEmpty else { return best }
    guard best < ScheduledGraph.Value.mostBytes else { return best }
    let total = dimensions.reduce(elementType.bits / 8, *)
    for (row, rows) in dimensions.enumerated() {
      for (lane, lanes) in dimensions.enumerated() where row != lane && rows > 0 && lanes > 0 {
        let tile = rows <= 2 ? 2 : rows <= 4 ? 4 : 8
        let filled = (rows + tile - 1) / tile * tile * ((lanes + 127) / 128 * 128)
        best = min(best, total / (rows * lanes) * filled)
      }
    }
    return best
  }
}
