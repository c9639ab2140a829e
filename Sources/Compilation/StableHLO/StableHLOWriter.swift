/// Writes StableHLO operations in MLIR's generic form, which every release of the dialect reads the same way.
///
/// Each operation takes tensors, writes one line and returns its result. Lines go to stages that are joined at the end,
/// so that related lines need not be written in order.
///
/// Source: openxla/stablehlo, docs/spec.md; `StableHLO` operations as JAX 0.6.2 prints them.
struct StableHLOWriter {
  /// The location of the next lines in the step: `forward/block3/mlp/contract`.
  var location = "" {
    didSet { ending = location.isEmpty ? "\n" : " loc(\"\(location)\")\n" }
  }
  /// The stage that the next lines are appended to.
  var stage = 0 {
    didSet { while stages.count <= stage { stages.append("") } }
  }
  private(set) var stages = [""]
  private var ending = "\n"
  private var count = 0
  private var constants: [Constant: StableHLOTensor] = [:]
  private var constantCount = 0
  /// Constants of the whole program, which precede everything else.
  private(set) var constantLines = ""
  /// The operands of written operations in the order of their first use, while they are being collected.
  private var operands: [StableHLOTensor]?
  private var operandNames: Set<String> = []

  fileprivate struct Constant: Hashable {
    var bits: UInt64
    var element: StableHLOType.Element
  }

  /// All lines.
  var text: String { constantLines + stages.joined() }

  /// A separately written part of the program.
  struct Body {
    /// Its lines, with its constants first.
    var text: String
    /// The tensors that it reads.
    var operands: [StableHLOTensor]
    /// Numbers of the names that it defines.
    var names: Range<Int>
  }

  /// The state that is set aside while a part is written separately.
  struct Outside {
    fileprivate var constants: [Constant: StableHLOTensor]
    fileprivate var constantLines: String
    fileprivate var stages: [String]
    fileprivate var stage: Int
    fileprivate var count: Int
  }

  /// Starts writing a part separately, with constants of its own: the body of a loop.
  mutating func beginBody() -> Outside {
    let outside = Outside(
      constants: constants, constantLines: constantLines, stages: stages, stage: stage, count: count)
    (constants, constantLines, stages) = ([:], "", [""])
    stage = 0
    operands = []
    operandNames = []
    return outside
  }

  /// Ends the part and restores the state.
  mutating func endBody(_ outside: Outside) -> Body {
    let body = Body(text: text, operands: operands ?? [], names: outside.count..<count)
    (constants, constantLines, stages) = (outside.constants, outside.constantLines, outside.stages)
    stage = outside.stage
    operands = nil
    return body
  }

  /// Appends lines verbatim.
  mutating func append(_ lines: String) { stages[stage] += lines }

  /// Appends a line verbatim.
  mutating func raw(_ line: String) {
    stages[stage] += line
    stages[stage] += ending
  }

  /// A new name.
  mutating func newName() -> String {
    defer { count += 1 }
    return "%\(count)"
  }

  // MARK: - Operations of any kind

  /// One operation with one result.
  mutating func emit(
    _ operation: String, _ operands: [StableHLOTensor], _ type: StableHLOType, attributes: String = "",
    region: String = "", name: String? = nil
  ) -> StableHLOTensor {
    let name = name ?? newName()
    if self.operands != nil {
      for operand in operands where operandNames.insert(operand.name).inserted { self.operands?.append(operand) }
    }
    var line = stages[stage]
    stages[stage] = ""
    line += "    "
    line += name
    line += " = \"stablehlo."
    line += operation
    line += "\"("
    Self.append(operands.lazy.map(\.name), to: &line)
    line += region.isEmpty ? ")" : ") "
    line += region
    if !attributes.isEmpty {
      line += " {"
      line += attributes
      line += "}"
    }
    line += " : ("
    Self.append(operands.lazy.map(\.type.text), to: &line)
    line += ") -> "
    line += type.text
    line += ending
    stages[stage] = line
    return StableHLOTensor(name: name, type: type)
  }

  private static func append(_ words: some Sequence<String>, to line: inout String) {
    var isFirst = true
    for word in words {
      if !isFirst { line += ", " }
      isFirst = false
      line += word
    }
  }

  /// An operation of one operand that keeps its type.
  mutating func unary(_ operation: String, _ x: StableHLOTensor) -> StableHLOTensor { emit(operation, [x], x.type) }

  /// An operation of two operands of one type.
  mutating func binary(_ operation: String, _ x: StableHLOTensor, _ y: StableHLOTensor) -> StableHLOTensor {
    emit(operation, [x, y], x.type)
  }

  // MARK: - Constants

  /// A scalar constant; equal ones are shared.
  mutating func scalar(_ value: Double, _ element: StableHLOType.Element) -> StableHLOTensor {
    let constant = Constant(bits: value.bitPattern, element: element)
    if let known = constants[constant] { return known }
    let tensor = StableHLOTensor(name: "%cst\(constantCount)", type: StableHLOType([], element))
    constantLines += "    \(tensor.name) = \"stablehlo.constant\"() {value = dense<\(Self.spelling(value, element))> : "
    constantLines += "\(tensor.type.text)} : () -> \(tensor.type.text)\n"
    constants[constant] = tensor
    constantCount += 1
    return tensor
  }

  // Whole numbers in decimal, others as their bits.
  private static func spelling(_ value: Double, _ element: StableHLOType.Element) -> String {
    switch element {
    case .int32: return "\(Int(value))"
    case .boolean: return value == 0 ? "false" : "true"
    case .float32, .bfloat16:
      if value == value.rounded(), abs(value) < 1e6 { return "\(value)" }
      let bits = Float(value).bitPattern
      if element == .float32 { return hexadecimal(bits, digits: 8) }
      let rounded = value.isInfinite ? bits >> 16 : (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16
      return hexadecimal(rounded, digits: 4)
    }
  }

  private static func hexadecimal(_ bits: UInt32, digits: Int) -> String {
    let text = String(bits, radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: max(0, digits - text.count)) + text
  }

  /// A scalar broadcast to `type`.
  mutating func fill(_ value: Double, _ type: StableHLOType) -> StableHLOTensor {
    let scalar = scalar(value, type.element)
    return type.shape.isEmpty ? scalar : broadcast(scalar, type, [])
  }

  // MARK: - Operations with attributes

  /// `array<i64: 0, 1>`.
  static func list(_ values: [Int]) -> String {
    values.isEmpty ? "array<i64>" : "array<i64: " + values.map { "\($0)" }.joined(separator: ", ") + ">"
  }

  /// Casts `x` unless it has that element type already.
  mutating func convert(_ x: StableHLOTensor, _ element: StableHLOType.Element) -> StableHLOTensor {
    x.type.element == element ? x : emit("convert", [x], x.type.with(element))
  }

  /// `x` with its dimensions placed at `dimensions` of `type`.
  mutating func broadcast(_ x: StableHLOTensor, _ type: StableHLOType, _ dimensions: [Int]) -> StableHLOTensor {
    emit("broadcast_in_dim", [x], type, attributes: "broadcast_dimensions = " + Self.list(dimensions))
  }

  /// `x` in another shape with the same number of elements.
  mutating func reshape(_ x: StableHLOTensor, _ shape: [Int]) -> StableHLOTensor {
    x.type.shape == shape ? x : emit("reshape", [x], StableHLOType(shape, x.type.element))
  }

  /// `x` with dimension `permutation[i]` at index i.
  mutating func transpose(_ x: StableHLOTensor, _ permutation: [Int]) -> StableHLOTensor {
    if permutation == Array(permutation.indices) { return x }
    let type = StableHLOType(permutation.map { x.type.shape[$0] }, x.type.element)
    return emit("transpose", [x], type, attributes: "permutation = " + Self.list(permutation))
  }

  /// `x` summed, or its largest elements, along `dimensions`.
  mutating func reduce(
    _ x: StableHLOTensor, _ dimensions: [Int], by operation: Reduction = .add
  ) -> StableHLOTensor {
    let initial = scalar(operation == .add ? 0 : -.infinity, x.type.element)
    let scalar = initial.type.text
    let region = """
      ({
          ^bb0(%lhs: \(scalar), %rhs: \(scalar)):
            %both = "stablehlo.\(operation.rawValue)"(%lhs, %rhs) : (\(scalar), \(scalar)) -> \(scalar)
            "stablehlo.return"(%both) : (\(scalar)) -> ()
          })
      """
    return emit(
      "reduce", [x, initial], x.type.without(dimensions), attributes: "dimensions = " + Self.list(dimensions),
      region: region)
  }

  /// The operation of a reduction.
  enum Reduction: String {
    case add
    case maximum
  }

  /// Element-wise comparison.
  mutating func compare(
    _ x: StableHLOTensor, _ direction: String, _ y: StableHLOTensor
  ) -> StableHLOTensor {
    let kind = x.type.element == .int32 ? "SIGNED" : "FLOAT"
    return emit(
      "compare", [x, y], x.type.with(.boolean),
      attributes: "comparison_direction = #stablehlo<comparison_direction \(direction)>, "
        + "compare_type = #stablehlo<comparison_type \(kind)>")
  }

  /// `x` where `condition` holds, otherwise `y`.
  mutating func select(
    _ condition: StableHLOTensor, _ x: StableHLOTensor, _ y: StableHLOTensor
  ) -> StableHLOTensor {
    emit("select", [condition, x, y], x.type)
  }

  /// A part of `x`.
  mutating func slice(_ x: StableHLOTensor, from start: [Int], to limit: [Int]) -> StableHLOTensor {
    emit(
      "slice", [x], StableHLOType(zip(start, limit).map { $1 - $0 }, x.type.element),
      attributes: "start_indices = \(Self.list(start)), limit_indices = \(Self.list(limit)), "
        + "strides = \(Self.list(start.map { _ in 1 }))")
  }

  // The start indices of a slice: `index` along the first dimension, zero along the others.
  private mutating func starts(_ index: StableHLOTensor, _ rank: Int) -> [StableHLOTensor] {
    let zero = scalar(0, .int32)
    return [index] + (1..<max(1, rank)).map { _ in zero }
  }

  /// `stack` (L,..) at `index` of its first dimension: (..), with its own name if one is given.
  mutating func element(
    _ stack: StableHLOTensor, _ index: StableHLOTensor, name: String? = nil
  ) -> StableHLOTensor {
    let shape = Array(stack.type.shape.dropFirst())
    let part = emit(
      "dynamic_slice", [stack] + starts(index, shape.count + 1), StableHLOType([1] + shape, stack.type.element),
      attributes: "slice_sizes = " + Self.list([1] + shape))
    return emit("reshape", [part], StableHLOType(shape, stack.type.element), name: name)
  }

  /// `stack` (L,..) with `x` (..) at `index` of its first dimension.
  mutating func replace(
    _ stack: StableHLOTensor, _ index: StableHLOTensor, by x: StableHLOTensor
  ) -> StableHLOTensor {
    let shape = x.type.shape
    let part = broadcast(x, StableHLOType([1] + shape, x.type.element), shape.indices.map { $0 + 1 })
    return emit("dynamic_update_slice", [stack, part] + starts(index, shape.count + 1), stack.type)
  }

  /// Operands behind a barrier, separate from what a compiler has already computed.
  mutating func barrier(_ operands: [StableHLOTensor]) -> [StableHLOTensor] {
    let name = newName()
    let types = operands.map(\.type.text).joined(separator: ", ")
    let results = operands.count == 1 ? name : "\(name):\(operands.count)"
    let names = operands.map(\.name).joined(separator: ", ")
    raw("    \(results) = \"stablehlo.optimization_barrier\"(\(names)) : (\(types)) -> (\(types))")
    return operands.enumerated().map { index, operand in
      StableHLOTensor(name: operands.count == 1 ? name : "\(name)#\(index)", type: operand.type)
    }
  }
}
