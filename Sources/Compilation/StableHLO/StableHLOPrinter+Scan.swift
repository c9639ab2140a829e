import TrainingStep

/// The equal blocks of a program, of which only the first is printed: the ranges of its operations, its inputs and its
/// outputs.
struct StackedBlocks {
  /// Number of blocks.
  let depth: Int
  /// Operations before the blocks, of the first block's forward and backward, between the blocks' two passes, and after
  /// them.
  let stem, forward, middle, backward, rest: Range<Int>
  /// Index of the first operation of the update.
  let update: Int
  /// The first block's input and output, and the last block's output.
  let input, output, lastOutput: Value
  /// The gradient that enters the first block's backward, the one that leaves it, and the one that enters the last
  /// block's.
  let upstream, downstream, firstUpstream: Value
  /// The first block's parameters and the gradients that its backward makes.
  let parameters: [Parameter]
  let gradients: [Value]

  /// The blocks of `program`; nil if it has none.
  init?(_ program: Program) {
    let operations = program.operations
    let first = operations.indices.filter { operations[$0].scope.block == 0 }
    guard let start = first.first, let lastBlock = operations.compactMap(\.scope.block).max() else { return nil }
    func range(_ block: Int, _ phases: Set<Phase>) -> Range<Int>? {
      let all = operations.indices.filter {
        operations[$0].scope.block == block && phases.contains(operations[$0].phase)
      }
      return all.first.flatMap { first in all.last.map { first..<$0 + 1 } }
    }
    guard let forward = range(0, [.forward]), let lastForward = range(lastBlock, [.forward]),
      let backward = range(0, [.recompute, .backward]), let firstBackward = range(lastBlock, [.recompute, .backward]),
      let update = operations.firstIndex(where: { $0.phase == .update }),
      let output = operations[forward].last?.outputs.first, let last = operations[lastForward].last?.outputs.first,
      let input = Self.outside(program, forward).first(where: { program[$0].role == .activation }),
      let upstream = Self.arriving(program, backward), let firstUpstream = Self.arriving(program, firstBackward),
      let downstream = Self.leaving(program, backward, before: update)
    else { return nil }
    depth = lastBlock + 1
    stem = 0..<start
    self.forward = forward
    middle = lastForward.upperBound..<firstBackward.lowerBound
    self.backward = backward
    rest = backward.upperBound..<update
    self.update = update
    self.input = input
    self.output = output
    lastOutput = last
    self.upstream = upstream
    self.downstream = downstream
    self.firstUpstream = firstUpstream
    parameters = program.parameters.filter { program[$0.value].scope.block == 0 }
    gradients = operations[update...].compactMap { operation in
      operation.primitive == .allReduceMean && operation.scope.block == 0 ? operation.inputs.first : nil
    }
  }

  // Values that a range reads but does not make, in order.
  private static func outside(_ program: Program, _ range: Range<Int>) -> [Value] {
    var made: Set<Value> = [], seen: Set<Value> = [], read: [Value] = []
    for operation in program.operations[range] {
      for input in operation.inputs where !made.contains(input) && seen.insert(input).inserted { read.append(input) }
      made.formUnion(operation.outputs)
    }
    return read
  }

  // The one gradient that a block's backward reads but does not make.
  private static func arriving(_ program: Program, _ range: Range<Int>) -> Value? {
    outside(program, range).first { program[$0].role == .activationGradient }
  }

  // The one gradient that a block's backward makes and the stem's backward reads.
  private static func leaving(_ program: Program, _ range: Range<Int>, before end: Int) -> Value? {
    var made: Set<Value> = []
    for operation in program.operations[range] { made.formUnion(operation.outputs) }
    return program.operations[range.upperBound..<end].lazy.flatMap(\.inputs).first { made.contains($0) }
  }
}

extension StableHLOPrinter {
  /// Prints a program whose blocks are loops over stacked parameters, as made by `flax.linen.scan`: the forward loop
  /// writes everything that the backward loop reads into stacks, with one element a block.
  mutating func printScanned(_ blocks: StackedBlocks) {
    let stacks = Dictionary(uniqueKeysWithValues: blocks.parameters.map { ($0.value, tensor($0.value)) })
    print(blocks.stem)
    let start = tensor(blocks.input)
    var loop = StableHLOLoop(prefix: "f", count: blocks.depth)
    let carried = loop.carry(start)
    let seen = blocks.parameters.map { loop.carry(stacks[$0.value] ?? tensor($0.value)) }
    let (body, output) = forwardBody(blocks, loop, carried, seen)

    // After the forward loop, which is written once the backward's reads are known.
    let before = writer.stage
    writer.stage = before + 2
    tensors[blocks.lastOutput.index] = loop.result(0, start.type)
    print(blocks.middle)
    let upstream = tensor(blocks.firstUpstream)
    let needed = backwardLoop(blocks, stacks, upstream, body, carried)
    tensors[blocks.input.index] = start

    writer.stage = before
    for tensor in needed {
      writer.location = "forward/blocks/stack"
      _ = loop.carry(writer.fill(0, StableHLOType([blocks.depth] + tensor.type.shape, tensor.type.element)))
    }
    writer.stage = before + 1
    finish(loop, body, [output] + seen, stacking: needed)
    writer.stage = before + 2
    print(blocks.rest)
    for index in blocks.update..<program.operations.count
    where (program.operations[index].scope.block ?? 0) == 0 {
      print(index..<index + 1)
    }
  }

  private mutating func forwardBody(
    _ blocks: StackedBlocks, _ loop: StableHLOLoop, _ carried: StableHLOTensor, _ seen: [StableHLOTensor]
  ) -> (StableHLOWriter.Body, StableHLOTensor) {
    writing { (printer: inout Self) in
      printer.writer.location = "forward/blocks/slice"
      for (parameter, stack) in zip(blocks.parameters, seen) {
        printer.tensors[parameter.value.index] = printer.writer.element(stack, loop.counter)
      }
      printer.tensors[blocks.input.index] = carried
      printer.print(blocks.forward)
      return printer.tensor(blocks.output)
    }
  }

  // Writes the backward loop at this stage, and returns what it reads from the forward body.
  private mutating func backwardLoop(
    _ blocks: StackedBlocks, _ stacks: [Value: StableHLOTensor], _ upstream: StableHLOTensor,
    _ forward: StableHLOWriter.Body, _ carried: StableHLOTensor
  ) -> [StableHLOTensor] {
    var loop = StableHLOLoop(prefix: "b", count: blocks.depth)
    let arriving = loop.carry(upstream)
    let read = Set(program.operations[blocks.backward].flatMap(\.inputs))
    let parameters = blocks.parameters.filter { read.contains($0.value) }
    let seen = parameters.map { loop.carry(stacks[$0.value] ?? tensor($0.value)) }
    let place = StableHLOTensor(name: "%place", type: loop.counter.type)
    let (body, leaving) = writing { (printer: inout Self) in
      printer.writer.location = "backward/blocks/slice"
      for (parameter, stack) in zip(parameters, seen) {
        printer.tensors[parameter.value.index] = printer.writer.element(stack, place)
      }
      printer.tensors[blocks.upstream.index] = arriving
      printer.print(blocks.backward)
      return [printer.tensor(blocks.downstream)] + blocks.gradients.map { printer.tensor($0) }
    }
    // Operands from the forward body, under the names that it gave them.
    let needed = body.operands.filter { operand in
      operand.name == carried.name || Int(operand.name.dropFirst()).map(forward.names.contains) ?? false
    }
    writer.location = "backward/blocks/stack"
    let saved = needed.enumerated().map { index, tensor in
      let type = StableHLOType([blocks.depth] + tensor.type.shape, tensor.type.element)
      return loop.carry(StableHLOTensor(name: "%f#\(index + 2 + blocks.parameters.count)", type: type))
    }
    let sums = leaving.dropFirst().map { gradient in
      let type = StableHLOType([blocks.depth] + gradient.type.shape, gradient.type.element)
      return loop.carry(writer.fill(0, type))
    }
    let (head, _) = writing { (printer: inout Self) in
      printer.writer.location = "backward/blocks/slice"
      let last = printer.writer.scalar(Double(blocks.depth - 1), .int32)
      _ = printer.writer.emit("subtract", [last, loop.counter], loop.counter.type, name: place.name)
      for (tensor, stack) in zip(needed, saved) {
        _ = printer.writer.element(stack, place, name: tensor.name)
      }
    }
    let (tail, next) = writing { (printer: inout Self) in
      printer.writer.location = "backward/blocks/stack"
      return zip(sums, leaving.dropFirst()).map { printer.writer.replace($0, place, by: $1) }
    }
    loop.write(
      head.text + body.text + tail.text, next: [leaving[0]] + seen + saved + next, to: &writer)
    tensors[blocks.downstream.index] = loop.result(0, leaving[0].type)
    parts[blocks.downstream] = nil
    for (index, gradient) in blocks.gradients.enumerated() {
      tensors[gradient.index] = loop.result(1 + seen.count + saved.count + index, sums[index].type)
    }
    for parameter in blocks.parameters { tensors[parameter.value.index] = stacks[parameter.value] }
    return needed
  }

  private mutating func finish(
    _ loop: StableHLOLoop, _ body: StableHLOWriter.Body, _ next: [StableHLOTensor],
    stacking needed: [StableHLOTensor]
  ) {
    let places = loop.initial.indices.suffix(needed.count)
    let (tail, stacked) = writing { (printer: inout Self) in
      printer.writer.location = "forward/blocks/stack"
      return zip(places, needed).map { place, tensor in
        let stack = StableHLOTensor(name: "%f\(place)", type: loop.initial[place].type)
        return printer.writer.replace(stack, loop.counter, by: tensor)
      }
    }
    writer.location = "forward/blocks/while"
    loop.write(body.text + tail.text, next: next + stacked, to: &writer)
  }

  // Writes a part of the text separately.
  private mutating func writing<Result>(
    _ write: (inout Self) -> Result
  ) -> (StableHLOWriter.Body, Result) {
    let outside = writer.beginBody()
    let result = write(&self)
    return (writer.endBody(outside), result)
  }
}
