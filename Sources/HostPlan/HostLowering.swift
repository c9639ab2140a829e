import TrainingStep

/// Lowers a program to fused kernels: patterns of operations claim their members, and each pattern is emitted at its
/// last member. Operations that no pattern claims are moves, or run on their own.
struct HostLowering {
  let program: Program
  var buffers: [HostBuffer] = []
  var operations: [HostOperation] = []
  /// The buffer that currently holds a value.
  var locations: [Value: BufferID] = [:]
  /// Operation that makes each value.
  var producers: [Int?]
  /// Operations that read each value, in order.
  var readers: [[Int]]
  /// Whether a pattern has taken an operation.
  var claimed: [Bool]
  /// Patterns by the index of their last member.
  var patterns: [Int: Pattern] = [:]
  /// Statistics of each layer norm's output, and the pass in which its output is valid.
  var norms: [Value: NormState] = [:]
  /// Layers of the forward pass whose sum with the residual stream is recomputed rather than kept, by that sum.
  var sums: [Value: SumState] = [:]
  /// Attentions of the forward pass, by the index of their last operation.
  var attentions: [Int: HostKernel.Attention] = [:]
  /// Query, key and value of the last block, which are recomputed rather than kept, by the last operation of its
  /// attention.
  var projections: [Int: ProjectionState] = [:]
  /// Values that live in each buffer.
  var residents: [BufferID: [Value]] = [:]

  struct NormState {
    /// Its input and scale.
    var input: Value
    var scale: Value
    var kernel: HostKernel.LayerNorm
    /// Whether the output has been recomputed for the backward pass.
    var isRecomputed = false
  }

  struct SumState {
    var kernel: HostKernel.Linear
    /// Whether it has been recomputed for the backward pass.
    var isRecomputed = false
  }

  struct ProjectionState {
    /// The kernel that makes query, key and value from one input.
    var kernel: HostKernel.Linear
    /// The input: the output of a layer norm.
    var input: Value
  }

  /// The last block.
  let lastBlock: Int?

  init(_ program: Program) {
    self.program = program
    lastBlock = program.operations.lazy.compactMap(\.scope.block).max()
    producers = Array(repeating: nil, count: program.values.count)
    readers = Array(repeating: [], count: program.values.count)
    claimed = Array(repeating: false, count: program.operations.count)
    for (index, operation) in program.operations.enumerated() {
      for output in operation.outputs { producers[output.index] = index }
      for input in Set(operation.inputs) { readers[input.index].append(index) }
    }
  }

  mutating func run() throws(HostPlanError) {
    for info in program.values where info.role == .activation && info.type.element == .bfloat16 {
      throw .notFloat32(info.name)
    }
    for value in program.arguments where value != program.counter?.before {
      let info = program[value]
      let purpose: HostPurpose =
        switch info.role {
        case .parameter: .parameter
        case .optimizerState: .optimizerState
        case .images, .labels, .activation, .activationGradient, .parameterGradient, .result: .input
        }
      place(value, buffer(info.type, purpose, info.name))
    }
    findPatterns()
    for index in program.operations.indices where program.operations[index].phase != .update {
      if let pattern = patterns[index] {
        emit(pattern, at: index)
      } else if !claimed[index] {
        emitAlone(index)
      }
    }
    emitUpdate()
  }

  // MARK: - Buffers

  mutating func buffer(_ type: TensorType, _ purpose: HostPurpose, _ name: String) -> BufferID {
    buffers.append(HostBuffer(Extent(type.axes), type.element, purpose, name: name))
    return BufferID(buffers.count - 1)
  }

  /// Records that `value` is in `buffer` from now on.
  mutating func place(_ value: Value, _ buffer: BufferID) {
    locations[value] = buffer
    residents[buffer, default: []].append(value)
  }

  /// A new buffer for `value`.
  mutating func allocate(_ value: Value) -> BufferID {
    let info = program[value]
    let phase = producers[value.index].map { program.operations[$0].phase }
    let isKept = readers[value.index].contains { program.operations[$0].phase != phase }
    let purpose: HostPurpose =
      switch info.role {
      case .parameterGradient: .gradient
      case .activation: isKept && norms[value] == nil && sums[value] == nil ? .activation : .workspace
      case .images, .labels, .parameter, .optimizerState, .activationGradient, .result: .workspace
      }
    let made = buffer(info.type, purpose, info.name)
    place(value, made)
    return made
  }

  /// Whether nothing after operation `index` reads the buffer of `value`, so that it may be overwritten.
  func isFree(_ value: Value, after index: Int) -> Bool {
    guard let location = locations[value], !buffers[location.index].isPersistent else { return false }
    return residents[location, default: []].allSatisfy { resident in
      locations[resident] != location || readers[resident.index].allSatisfy { $0 <= index }
    }
  }

  /// The buffer of `value` when operation `index` reads it. The output of a layer norm and the residual stream after
  /// attention are recomputed for the backward pass.
  mutating func locate(_ value: Value, at index: Int) -> BufferID {
    let operation = program.operations[index]
    if operation.phase == .backward, var norm = norms[value], !norm.isRecomputed {
      norm.isRecomputed = true
      norm.kernel.x = locate(norm.input, at: index)
      norm.kernel.output = buffer(program[value].type, .workspace, program[value].name)
      norms[value] = norm
      place(value, norm.kernel.output)
      append(.normalize(norm.kernel), like: operation)
    }
    if operation.phase == .backward, var sum = sums[value], !sum.isRecomputed {
      sum.isRecomputed = true
      sum.kernel.layers[0].output = buffer(program[value].type, .workspace, program[value].name)
      sums[value] = sum
      place(value, sum.kernel.layers[0].output)
      append(.linear(sum.kernel), like: operation)
    }
    // Everything that is read comes before its reader.
    return locations[value] ?? allocate(value)
  }

  mutating func append(_ kernel: HostKernel, like operation: Operation) {
    operations.append(HostOperation(kernel: kernel, phase: operation.phase, scope: operation.scope))
  }

  // MARK: - The update

  private mutating func emitUpdate() {
    var factor: BufferID?
    for operation in program.operations where operation.phase == .update {
      switch operation.primitive {
      case .allReduceMean, .scaleByFactor:
        // A single host has nothing to reduce; the update applies the factor.
        if let location = locations[operation.inputs[0]] { place(operation.outputs[0], location) }
      case .globalNormFactor:
        let output = allocate(operation.outputs[0])
        append(.clipFactor(gradients: operation.inputs.compactMap { locations[$0] }, factor: output), like: operation)
        factor = output
      default: break  // The updates are taken together.
      }
    }
    guard let update = program.operations.last(where: { $0.phase == .update }) else { return }
    let primitives = Dictionary(
      program.operations.compactMap { operation in
        operation.phase == .update ? operation.outputs.first.map { ($0, operation.primitive) } : nil
      }, uniquingKeysWith: { first, _ in first })
    let items = program.parameters.compactMap { parameter -> HostKernel.Update.Item? in
      guard let location = locations[parameter.value], let gradient = locations[parameter.gradient],
        let primitive = primitives[parameter.updated]
      else { return nil }
      return HostKernel.Update.Item(
        primitive: primitive, parameter: location, gradient: gradient,
        state: parameter.state.compactMap { locations[$0] }, axes: program[parameter.value].type.axes,
        firstMoment: parameter.state.first.map { program[$0].type.element } ?? .float32)
    }
    append(.update(HostKernel.Update(items: items, factor: factor)), like: update)
  }
}
