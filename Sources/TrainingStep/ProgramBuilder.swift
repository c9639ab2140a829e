/// Writes a program's forward pass, then differentiates it.
///
/// Forward operations are recorded as they are applied; `differentiate` walks them in reverse and asks each primitive for
/// its backward.
struct ProgramBuilder {
  private(set) var program = Program()
  /// Phase and scope given to the next operations.
  var phase = Phase.forward
  var scope = Scope(.stem)
  /// Gradient of each value seen so far, while differentiating.
  private var gradients: [Value?] = []
  private var needsGradient: [Bool] = []

  /// A new argument of the program.
  mutating func argument(_ name: String, _ type: TensorType, _ role: Role, kind: ParameterKind? = nil) -> Value {
    let value = append(ValueInfo(type: type, role: role, scope: scope, name: name, kind: kind))
    needsGradient[value.index] = role == .parameter
    return value
  }

  /// Applies a primitive of one output.
  mutating func apply(_ primitive: Primitive, _ inputs: Value...) throws(ShapeError) -> Value {
    try applyAll(primitive, inputs)[0]
  }

  /// Applies a contraction that is a product of the model, or the gradient of such a product for an operand.
  mutating func contract(
    _ contraction: Contraction, _ lhs: Value, _ rhs: Value, as product: Product?,
    gradientOf operand: Product.Operand? = nil
  ) throws(ShapeError) -> Value {
    try applyAll(.contract(contraction), [lhs, rhs], product: product, operand: operand)[0]
  }

  /// Applies a primitive.
  ///
  /// - Parameters:
  ///   - role: The role of the results in the step; nil for activations, or in the backward pass for their gradients.
  ///   - kind: The kind of the parameter that the results belong to.
  ///   - product: For a contraction, the product of the model that it belongs to.
  ///   - operand: For a gradient of that product, the operand whose gradient it is.
  /// - Throws: `ShapeError` when the operands do not fit it.
  mutating func applyAll(
    _ primitive: Primitive, _ inputs: [Value], role: Role? = nil, kind: ParameterKind? = nil, product: Product? = nil,
    operand: Product.Operand? = nil
  ) throws(ShapeError) -> [Value] {
    let types = try primitive.outputTypes(inputs.map { type($0) })
    let differentiable =
      (phase == .forward || phase == .recompute) && inputs.contains { needsGradient[$0.index] }
    let role = role ?? (phase == .backward ? .activationGradient : .activation)
    let outputs = types.map { type in
      let value = append(
        ValueInfo(
          type: type, role: role, scope: scope, name: primitive.name, maker: program.operations.count, kind: kind))
      needsGradient[value.index] = differentiable
      return value
    }
    program.operations.append(
      Operation(
        primitive: primitive, inputs: inputs, outputs: outputs, phase: phase, scope: scope, product: product,
        operand: operand))
    return outputs
  }

  /// Casts `value` unless it has that element type already.
  mutating func convert(_ value: Value, to element: ElementType) throws(ShapeError) -> Value {
    if type(value).element == element { return value }
    return try applyAll(.convert(element), [value], kind: program.values[value.index].kind)[0]
  }

  /// Starts the backward pass at `value` with the gradient `gradient`.
  mutating func seed(_ value: Value, gradient: Value) {
    gradients[value.index] = gradient
  }

  /// The gradient of `value` accumulated so far.
  func gradient(of value: Value) -> Value? { gradients[value.index] }

  /// Appends the backward of the forward operations in `range`, last first. With `recomputing`, it first writes the
  /// range again behind a barrier on that input, and the backward reads the copies.
  mutating func differentiate(_ range: Range<Int>, recomputing input: Value? = nil) throws(ShapeError) {
    var copies: [Value: Value] = [:]
    if let input {
      phase = .recompute
      scope = program.operations[range.lowerBound].scope
      copies[input] = try apply(.barrier, input)
      for operation in program.operations[range] {
        scope = operation.scope
        let outputs = try applyAll(
          operation.primitive, operation.inputs.map { copies[$0] ?? $0 },
          kind: operation.outputs.first.flatMap { program[$0].kind }, product: operation.product)
        for (original, copy) in zip(operation.outputs, outputs) { copies[original] = copy }
      }
    }
    phase = .backward
    for operation in program.operations[range].reversed() {
      let upstream = operation.outputs.map { gradients[$0.index] }
      guard upstream.contains(where: { $0 != nil }) else { continue }
      scope = operation.scope
      let wanted = operation.inputs.map { needsGradient[$0.index] }
      let results = try operation.primitive.backward(
        inputs: operation.inputs.map { copies[$0] ?? $0 }, outputs: operation.outputs.map { copies[$0] ?? $0 },
        upstream: upstream, wanted: wanted, product: operation.product, &self)
      for (input, gradient) in zip(operation.inputs, results) {
        guard let gradient else { continue }
        gradients[input.index] =
          if let sum = gradients[input.index] { try apply(.add, sum, gradient) } else { gradient }
      }
    }
  }

  /// Type of a value.
  func type(_ value: Value) -> TensorType { program.values[value.index].type }

  /// Marks a value as the gradient of a parameter.
  mutating func mark(_ gradient: Value, asGradientOf parameter: Value) {
    program.values[gradient.index].role = .parameterGradient
    program.values[gradient.index].kind = program.values[parameter.index].kind
  }

  /// Edits the program's own fields (arguments, results) once they are known.
  mutating func finish(_ edit: (inout Program) -> Void) -> Program {
    edit(&program)
    dropUnreadRecomputation()
    program.readers = Readers(program.operations, values: program.values.count)
    return program
  }

  // Recomputing the end of a block is wasted: its backward does not read the block's own output.
  private mutating func dropUnreadRecomputation() {
    guard program.operations.contains(where: { $0.phase == .recompute }) else { return }
    var isRead = Array(repeating: false, count: program.values.count)
    program.operations = program.operations.reversed().filter { operation in
      if operation.phase == .recompute, !operation.outputs.contains(where: { isRead[$0.index] }) { return false }
      for input in operation.inputs { isRead[input.index] = true }
      return true
    }
    .reversed()
    for index in program.values.indices { program.values[index].maker = nil }
    for (index, operation) in program.operations.enumerated() {
      for output in operation.outputs { program.values[output.index].maker = index }
    }
  }

  private mutating func append(_ info: ValueInfo) -> Value {
    program.values.append(info)
    gradients.append(nil)
    needsGradient.append(false)
    return Value(index: program.values.count - 1)
  }
}
