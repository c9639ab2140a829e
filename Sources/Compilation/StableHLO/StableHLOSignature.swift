import TrainingStep

/// The arguments and results of a printed step.
struct StableHLOSignature {
  /// All arguments.
  private(set) var arguments: [StableHLOModule.Argument] = []

  /// The origin of an argument, and of the result that replaces it.
  private enum Slot {
    /// A value of the program, and the value after the step.
    case value(Value, after: Value?)
    /// A stacked parameter, by the first block's parameter; 0 is the parameter itself, 1... are its moments.
    case stack(Value, Int)
  }

  private let program: Program
  private var slots: [Slot] = []
  private var order: [Int] = []
  private var stacks: [Value: StackedParameter] = [:]

  /// The arguments of a program: parameters, counter, moments slot by slot, images, labels. Each group is in the order
  /// of Flax's tree, which decides the order in which a compiler visits the computations of the results.
  init(_ program: Program, _ blocks: StackedBlocks?, _ printer: StableHLOPrinter) {
    self.program = program
    let adafactor = Set(
      program.operations.lazy.compactMap { operation -> Value? in
        switch operation.primitive {
        case .adafactorUpdate, .adafactorUnfactoredUpdate: operation.inputs.first
        default: nil
        }
      })
    let stacked = blocks?.parameters ?? []
    for parameter in stacked {
      stacks[parameter.value] = StackedParameter(
        parameter, shape: printer.type(parameter.value).shape, depth: blocks?.depth ?? 1,
        isAdafactor: adafactor.contains(parameter.value), states: parameter.state.map { printer.type($0) })
    }
    let printed = program.parameters.indices.filter { index in
      let value = program.parameters[index].value
      return blocks == nil || program[value].scope.block == nil || stacks[value] != nil
    }
    order = printed.map { index in
      (index: index, path: FlaxPath(program[program.parameters[index].value].name, isScanned: blocks != nil))
    }
    .sorted { $0.path < $1.path }.map(\.index)
    let ordered = order.map { program.parameters[$0] }
    let blockParameters = Dictionary(grouping: program.parameters) { program[$0.value].scope.block ?? -1 }
    func members(_ parameter: Parameter) -> [Parameter] {
      guard let blocks, let place = stacked.firstIndex(where: { $0.value == parameter.value }) else {
        return [parameter]
      }
      return (0..<blocks.depth).compactMap { blockParameters[$0]?[place] }
    }
    func add(_ parameter: Parameter, _ index: Int) {
      if let stack = stacks[parameter.value] {
        let type = index == 0 ? nil : stack.stateTypes[index - 1]
        let shape = type?.shape ?? ([blocks?.depth ?? 1] + printer.type(parameter.value).shape)
        let all = members(parameter)
        let values =
          index == 0 ? all.map(\.value) : stack.hasBlockStates ? all.map { $0.state[index - 1] } : []
        let name = program[parameter.value].name + (index == 0 ? "" : "/\(index)")
        append(name, shape, type.map { ElementType($0.element) } ?? .float32, values, .stack(parameter.value, index))
      } else if index == 0 {
        append(parameter.value, .value(parameter.value, after: parameter.updated), printer)
      } else {
        let state = parameter.state[index - 1]
        append(state, .value(state, after: parameter.updatedState[index - 1]), printer)
      }
    }
    for parameter in ordered { add(parameter, 0) }
    if let counter = program.counter {
      append(counter.before, .value(counter.before, after: counter.after), printer)
    }
    // Optax's order; for Adafactor: rows, columns, unfactored moments, then first moments.
    func slotCount(_ parameter: Parameter) -> Int {
      stacks[parameter.value]?.stateTypes.count ?? parameter.state.count
    }
    if adafactor.isEmpty {
      for slot in 1..<1 + (ordered.map(slotCount).max() ?? 0) {
        for parameter in ordered where slot <= slotCount(parameter) { add(parameter, slot) }
      }
    } else {
      for slot in [2, 3] {
        for parameter in ordered where slotCount(parameter) == 3 { add(parameter, slot) }
      }
      for parameter in ordered where slotCount(parameter) == 2 { add(parameter, 2) }
      for parameter in ordered { add(parameter, 1) }
    }
    for data in [program.images, program.labels] { append(data, .value(data, after: nil), printer) }
  }

  private mutating func append(_ value: Value, _ slot: Slot, _ printer: StableHLOPrinter) {
    append(program[value].name, printer.type(value).shape, program[value].type.element, [value], slot)
  }

  private mutating func append(
    _ name: String, _ shape: [Int], _ element: ElementType, _ values: [Value], _ slot: Slot
  ) {
    arguments.append(.init(name: name, dimensions: shape, element: element, values: values))
    slots.append(slot)
  }

  /// Gives a printer the names of the arguments.
  mutating func bind(_ printer: inout StableHLOPrinter) {
    for (index, argument) in arguments.enumerated() {
      let tensor = StableHLOTensor(
        name: "%arg\(index)", type: StableHLOType(argument.dimensions, .init(argument.element)))
      switch slots[index] {
      case .value(let value, _): printer.tensors[value.index] = tensor
      case .stack(let value, 0): printer.tensors[value.index] = tensor
      case .stack(let value, let place):
        stacks[value]?.state[place] = tensor
        if let stack = stacks[value], stack.hasBlockStates {
          printer.tensors[stack.first.state[place - 1].index] = tensor
        }
      }
    }
    printer.stacks = stacks
    printer.parameterOrder = order
  }

  /// The results that replace the arguments, and the loss.
  func results(_ printer: inout StableHLOPrinter) -> [StableHLOTensor] {
    var results: [StableHLOTensor] = []
    for slot in slots {
      switch slot {
      case .value(_, let after): if let after { results.append(printer.tensor(after)) }
      case .stack(let value, let place):
        guard let stack = printer.stacks[value] else { continue }
        let own = [stack.first.updated] + stack.first.updatedState
        results.append(stack.updated?[place] ?? printer.tensor(own[place]))
      }
    }
    return results + [printer.tensor(program.loss)]
  }

  /// The whole module around the lines of its one function.
  func module(_ body: String, _ results: [StableHLOTensor], _ partitions: Int) -> String {
    let donated = results.count - 1, isSharded = partitions > 1
    var text = ""
    text.reserveCapacity(body.utf8.count + 250 * arguments.count + 4096)
    text += "module @step attributes {mhlo.num_partitions = \(partitions) : i32, mhlo.num_replicas = 1 : i32} {\n"
    text += "  func.func public @main("
    for (index, argument) in arguments.enumerated() {
      let type = StableHLOType(argument.dimensions, .init(argument.element))
      var attributes: [String] = []
      if isSharded { attributes.append("mhlo.sharding = \"\(sharding(type, index < donated, partitions))\"") }
      if index < donated { attributes.append("tf.aliasing_output = \(index) : i32") }
      if index > 0 { text += ", " }
      text += "%arg\(index): \(type.text)"
      if !attributes.isEmpty { text += " {" + attributes.joined(separator: ", ") + "}" }
      text += " loc(\"\(argument.name)\")"
    }
    let attributes = isSharded ? " {mhlo.sharding = \"{replicated}\"}" : ""
    text += ") -> (" + results.map { $0.type.text + attributes }.joined(separator: ", ") + ") {\n"
    text += body
    text += "    \"func.return\"(" + results.map(\.name).joined(separator: ", ") + ") : ("
    text += results.map(\.type.text).joined(separator: ", ") + ") -> ()\n  }\n}\n"
    return text
  }

  // Every core holds all parameters; data are divided along the batch.
  private func sharding(_ type: StableHLOType, _ isReplicated: Bool, _ partitions: Int) -> String {
    if isReplicated { return "{replicated}" }
    let tiles = [partitions] + type.shape.dropFirst().map { _ in 1 }
    return "{devices=[\(tiles.map { "\($0)" }.joined(separator: ","))]<=[\(partitions)]}"
  }
}

extension ElementType {
  fileprivate init(_ element: StableHLOType.Element) {
    switch element {
    case .float32: self = .float32
    case .bfloat16: self = .bfloat16
    case .int32, .boolean: self = .int32
    }
  }
}
