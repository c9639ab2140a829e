import TrainingStep

/// Prints each operation of a training step as the StableHLO operations that JAX produces for the same layer.
///
/// What a compiler keeps, fuses and recomputes depends on its input. So the operations, their element types and what a
/// backward reads from its forward are those of `flax.linen` 0.11.2, Optax 0.2.8 and JAX 0.6.2's derivatives, taken
/// from modules that JAX lowered.
struct StableHLOPrinter {
  let program: Program
  let sizes: AxisSizes
  /// Whether the blocks are one body, printed once.
  let isScanned: Bool
  var writer = StableHLOWriter()
  /// The tensor of each value of the program that has been printed so far.
  var tensors: [StableHLOTensor?]
  /// Embedded patches in rows and columns, (B,R/P,R/P,D), by the value that is their list.
  var grids: [Value: StableHLOTensor] = [:]
  /// Tensors of each layer norm's forward that its backward reads, by the value that was normalized.
  var layerNorms: [Value: LayerNormTensors] = [:]
  /// Tensors of each softmax's forward that its backward reads, by the result.
  var softmaxes: [Value: SoftmaxTensors] = [:]
  /// Tensors of each GELU's forward that its backward reads, by the operand.
  var gelus: [Value: GELUTensors] = [:]
  /// Tensors of the loss's forward that its backward reads, by the logits.
  var losses: [Value: LossTensors] = [:]
  /// Gradients in two parts, which are added to other gradients one after the other.
  var parts: [Value: (StableHLOTensor, StableHLOTensor)] = [:]
  /// Norm of all gradients, and whether it is below one, by the clipping factor.
  var norms: [Value: (norm: StableHLOTensor, isSmall: StableHLOTensor)] = [:]
  /// Indices of the program's parameters that are printed, in the order of Flax's tree.
  var parameterOrder: [Int]
  /// Stacked parameters, by the first block's parameter.
  var stacks: [Value: StackedParameter] = [:]
  /// Tensors to restore at the end of a recomputed block.
  private var hidden: [(Value, StableHLOTensor?)] = []

  /// A printer for tensors of these sizes, in which the batch is that of all cores together.
  init(_ program: Program, _ sizes: AxisSizes, isScanned: Bool = false) {
    self.program = program
    self.sizes = sizes
    self.isScanned = isScanned
    tensors = Array(repeating: nil, count: program.values.count)
    parameterOrder = Array(program.parameters.indices)
  }

  /// The printed type of a type of the program.
  func type(_ type: TensorType) -> StableHLOType {
    StableHLOType(type.axes.map { sizes[$0] }, StableHLOType.Element(type.element))
  }

  /// The printed type of a value.
  func type(_ value: Value) -> StableHLOType { type(program[value].type) }

  /// The tensor of a value; if it is in two parts, they are added now.
  mutating func tensor(_ value: Value) -> StableHLOTensor {
    if let known = tensors[value.index] { return known }
    if let (first, second) = parts[value] {
      let sum = writer.binary("add", first, second)
      tensors[value.index] = sum
      return sum
    }
    // Operands come first in a program, so that this does not happen: any compiler would reject the undefined name.
    return StableHLOTensor(name: "%undefined", type: type(value))
  }

  /// Prints a range of operations.
  mutating func print(_ range: Range<Int>) {
    for index in range {
      let operation = program.operations[index]
      // Compilers do not merge across loops, so that a recomputation in one needs no barrier.
      if operation.primitive == .barrier, !isScanned {
        restore()
        place(operation)
        keepApart(operation, from: index, in: range)
      } else {
        if !hidden.isEmpty, operation.scope.block == nil { restore() }
        place(operation)
        print(operation)
      }
    }
    restore()
  }

  private mutating func place(_ operation: Operation) {
    let scope = operation.scope
    let block = scope.block.map { isScanned ? "blocks/" : "block\($0)/" } ?? ""
    writer.location = "\(operation.phase)/\(block)\(scope.part)/\(operation.primitive.name)"
  }

  // As in `jax.checkpoint`: everything that the recomputed block and its backward read from outside passes the barrier,
  // including the incoming gradient, so that nothing can be computed before that gradient exists.
  private mutating func keepApart(_ barrier: Operation, from start: Int, in range: Range<Int>) {
    var made: Set<Value> = [], read: [Value] = [], seen: Set<Value> = []
    for operation in program.operations[start..<range.upperBound] {
      guard operation.scope.block == barrier.scope.block, operation.phase != .update else { break }
      if operation.primitive != .barrier {
        for input in operation.inputs where !made.contains(input) && seen.insert(input).inserted { read.append(input) }
      }
      made.formUnion(operation.outputs)
    }
    let outside = read.filter { !barrier.outputs.contains($0) && $0 != barrier.inputs[0] }
    let copies = writer.barrier(([barrier.inputs[0]] + outside).map { tensor($0) })
    tensors[barrier.outputs[0].index] = copies[0]
    for (value, copy) in zip(outside, copies.dropFirst()) {
      hidden.append((value, tensors[value.index]))
      tensors[value.index] = copy
    }
  }

  private mutating func restore() {
    for (value, tensor) in hidden { tensors[value.index] = tensor }
    hidden.removeAll()
  }

  // MARK: - One operation

  private mutating func print(_ operation: Operation) {
    let x = operation.inputs, y = operation.outputs
    let results: [StableHLOTensor]
    switch operation.primitive {
    case .embedPatches: results = [embedPatches(tensor(x[0]), tensor(x[1]), result: y[0])]
    case .embedPatchesKernelGradient: results = [embedPatchesKernelGradient(tensor(x[0]), tensor(x[1]), type(y[0]))]
    case .contract(let contraction):
      results = [contract(contraction, tensor(x[0]), tensor(x[1]), isBackward: operation.phase == .backward)]

    case .addBroadcast: results = [addBroadcast(x[0], x[1])]
    case .add: results = [add(x[0], x[1])]
    case .scaleByHeadWidth: results = [scaleByHeadWidth(tensor(x[0]))]
    case .sum: results = [sum(x[0], y[0])]
    case .broadcast: results = [broadcast(x[0], y[0])]
    case .convert(let element): results = [writer.convert(tensor(x[0]), StableHLOType.Element(element))]

    case .layerNorm: results = [layerNorm(x[0], scale: tensor(x[1]), bias: tensor(x[2]))]
    case .layerNormGradient: results = layerNormGradient(operation)
    case .softmax: results = [softmax(tensor(x[0]), result: y[0])]
    case .softmaxGradient: results = [softmaxGradient(x[0], dy: tensor(x[1]))]
    case .gelu: results = [gelu(x[0])]
    case .geluGradient: results = [geluGradient(x[0], dy: tensor(x[1]))]

    case .prependToken: results = [prependToken(tensor(x[0]), tensor(x[1]), type(y[0]))]
    case .dropToken: results = [dropToken(tensor(x[0]))]
    case .takeToken: results = [takeToken(tensor(x[0]))]
    case .padToken: results = [padToken(tensor(x[0]), type(y[0]))]
    case .meanTokens: results = [meanTokens(tensor(x[0]))]
    case .meanTokensGradient: results = [meanTokensGradient(tensor(x[0]), type(y[0]))]

    case .sigmoidCrossEntropy: results = [sigmoidCrossEntropy(x[0], labels: tensor(x[1]))]
    case .sigmoidCrossEntropyGradient: results = [sigmoidCrossEntropyGradient(x[0])]

    // The batch is that of all cores: sums over it are sums over the cores, and the partitioner adds the reductions.
    case .allReduceMean: results = [tensor(x[0])]
    case .globalNormFactor: results = [globalNormFactor(operation)]
    case .scaleByFactor: results = [scaleByFactor(tensor(x[0]), x[1])]

    case .increment: results = [increment(tensor(x[0]))]
    case .sgdUpdate: results = [updated(tensor(x[0]), direction: tensor(x[1]))]
    case .momentumUpdate: results = momentumUpdate(tensor(x[0]), gradient: tensor(x[1]), m: tensor(x[2]))
    case .adamUpdate: results = adamUpdate(x.map { tensor($0) })
    case .adafactorUpdate(let row, let column):
      if let stack = stacks[x[0]] { return updateStack(stack, operation) }
      results = adafactorUpdate(x.map { tensor($0) }, reducedInRow: row, reducedInColumn: column)
    case .adafactorUnfactoredUpdate:
      if let stack = stacks[x[0]] { return updateStack(stack, operation) }
      results = adafactorUnfactoredUpdate(x.map { tensor($0) })

    // Printed together with the operations after it.
    case .barrier: results = [tensor(x[0])]
    }
    for (value, result) in zip(y, results) where parts[value] == nil { tensors[value.index] = result }
  }
}
