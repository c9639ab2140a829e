import TrainingStep

extension HostLowering {
  /// Emits an operation that no pattern claimed. The switch is exhaustive: a new primitive does not compile until it is
  /// handled here.
  mutating func emitAlone(_ index: Int) {
    let operation = program.operations[index]
    func axes(_ value: Value) -> Axes { program[value].type.axes }
    switch operation.primitive {
    case .layerNorm:
      let y = operation.outputs[0]
      let rows = axes(y).dropLast()
      var kernel = HostKernel.LayerNorm(
        x: locate(operation.inputs[0], at: index), scale: locate(operation.inputs[1], at: index),
        bias: locate(operation.inputs[2], at: index), output: BufferID(0),
        mean: buffer(TensorType(rows, .float32), .activation, "mean"),
        deviation: buffer(TensorType(rows, .float32), .activation, "deviation"), m: Extent(rows), n: Extent([.width]))
      norms[y] = NormState(input: operation.inputs[0], scale: operation.inputs[1], kernel: kernel)
      kernel.output = allocate(y)
      norms[y]?.kernel = kernel
      append(.layerNorm(kernel), like: operation)
    case .sigmoidCrossEntropy:
      emitLoss(operation, index)
    case .sigmoidCrossEntropyGradient:
      let type = program[operation.outputs[0]].type
      let logits = locate(operation.inputs[0], at: index), labels = locate(operation.inputs[1], at: index)
      append(
        .lossGradient(
          logits: logits, labels: labels, rows: Extent([type.axes[0]]), columns: Extent([type.axes[1]]),
          gradient: allocate(operation.outputs[0])), like: operation)
    case .barrier: alias(operation)
    case .convert(let element):
      if program[operation.inputs[0]].type.element == element {
        alias(operation)
      } else {
        emitReference(operation, index)
      }
    case .broadcast:
      move(operation, index, from: axes(operation.inputs[0]), to: axes(operation.outputs[0]))
    case .sum: move(operation, index, from: axes(operation.inputs[0]), to: axes(operation.outputs[0]))
    case .addBroadcast, .add: emitAddition(operation, index)
    case .prependToken:
      let token = locate(operation.inputs[0], at: index), x = locate(operation.inputs[1], at: index)
      let y = allocate(operation.outputs[0])
      append(
        .move(
          HostKernel.Move(
            output: view(y, repetition: [.tokens, .width]), source: view(token, repetition: [.width]),
            groups: .one, repeats: Extent([.batch]), length: Extent([.width]))), like: operation)
      append(
        .move(
          HostKernel.Move(
            output: view(y, offset: [.width], repetition: [.tokens, .width]),
            source: view(x, repetition: [.patches, .width]), groups: .one, repeats: Extent([.batch]),
            length: Extent([.patches, .width]))), like: operation)
    case .dropToken:
      append(
        .move(
          HostKernel.Move(
            output: view(allocate(operation.outputs[0]), repetition: [.patches, .width]),
            source: view(locate(operation.inputs[0], at: index), offset: [.width], repetition: [.tokens, .width]),
            groups: .one, repeats: Extent([.batch]), length: Extent([.patches, .width]))), like: operation)
    case .takeToken:
      append(
        .move(
          HostKernel.Move(
            output: view(allocate(operation.outputs[0]), repetition: [.width]),
            source: view(locate(operation.inputs[0], at: index), repetition: [.tokens, .width]), groups: .one,
            repeats: Extent([.batch]), length: Extent([.width]))), like: operation)
    case .padToken:
      let y = allocate(operation.outputs[0])
      append(
        .move(
          HostKernel.Move(
            output: view(y), groups: .one, repeats: .one, length: Extent([.batch, .tokens, .width]))), like: operation)
      append(
        .move(
          HostKernel.Move(
            output: view(y, repetition: [.tokens, .width]),
            source: view(locate(operation.inputs[0], at: index), repetition: [.width]), groups: .one,
            repeats: Extent([.batch]), length: Extent([.width]))), like: operation)
    case .meanTokens:
      append(
        .move(
          HostKernel.Move(
            output: view(allocate(operation.outputs[0]), group: [.width]),
            source: view(locate(operation.inputs[0], at: index), group: [.tokens, .width], repetition: [.width]),
            groups: Extent([.batch]), repeats: Extent([.tokens]), length: Extent([.width]),
            divisor: Extent([.tokens]))), like: operation)
    case .meanTokensGradient:
      append(
        .move(
          HostKernel.Move(
            output: view(allocate(operation.outputs[0]), group: [.tokens, .width], repetition: [.width]),
            source: view(locate(operation.inputs[0], at: index), group: [.width]), groups: Extent([.batch]),
            repeats: Extent([.tokens]), length: Extent([.width]), divisor: Extent([.tokens]))), like: operation)
    case .embedPatches, .embedPatchesKernelGradient, .contract, .scaleByHeadWidth, .layerNormGradient, .softmax,
      .softmaxGradient, .gelu, .geluGradient:
      // Never reached by today's models; the interpreter runs what a new model adds.
      emitReference(operation, index)
    case .allReduceMean, .globalNormFactor, .scaleByFactor, .increment, .sgdUpdate, .momentumUpdate, .adamUpdate,
      .adafactorUpdate,
      .adafactorUnfactoredUpdate:
      break  // `emitUpdate` takes them together.
    }
  }

  private func view(
    _ buffer: BufferID, offset: Axes? = nil, group: Axes? = nil, repetition: Axes? = nil
  ) -> HostKernel.Move.View {
    HostKernel.Move.View(
      buffer: buffer, offset: offset.map { Extent($0) }, group: group.map { Extent($0) },
      repetition: repetition.map { Extent($0) })
  }

  /// Makes the output an alias of the operand.
  private mutating func alias(_ operation: Operation) {
    if let location = locations[operation.inputs[0]] { place(operation.outputs[0], location) }
  }

  /// A broadcast over leading axes or a sum over them; axes of size one are ignored.
  private mutating func move(_ operation: Operation, _ index: Int, from: Axes, to: Axes) {
    let from = from.filter { $0 != .one }, to = to.filter { $0 != .one }
    if from == to { return alias(operation) }
    let (longer, shorter) = from.count > to.count ? (from, to) : (to, from)
    guard longer.suffix(shorter.count) == shorter else { return emitReference(operation, index) }
    let leading = Extent(longer.dropLast(shorter.count))
    let source = locate(operation.inputs[0], at: index)
    let output = allocate(operation.outputs[0])
    append(
      .move(
        HostKernel.Move(
          output: view(output, repetition: to.count > from.count ? shorter : nil),
          source: view(source, repetition: to.count > from.count ? nil : shorter), groups: .one, repeats: leading,
          length: Extent(shorter))), like: operation)
  }

  private mutating func emitAddition(_ operation: Operation, _ index: Int) {
    let whole = program[operation.inputs[0]].type.axes.filter { $0 != .one }
    let part = program[operation.inputs[1]].type.axes.filter { $0 != .one }
    guard whole.suffix(part.count) == part else { return emitReference(operation, index) }
    let leading = Extent(whole.dropLast(part.count))
    let x = locate(operation.inputs[0], at: index), other = locate(operation.inputs[1], at: index)
    let output: BufferID
    if isFree(operation.inputs[0], after: index) {
      output = x
      place(operation.outputs[0], x)
      if readers[operation.outputs[0].index].contains(where: { program.operations[$0].phase == .backward }),
        buffers[x.index].purpose == .workspace, program[operation.outputs[0]].role == .activation
      {
        buffers[x.index].purpose = .activation
      }
    } else {
      output = allocate(operation.outputs[0])
    }
    append(
      .move(
        HostKernel.Move(
          output: view(output, repetition: part), source: view(x, repetition: part), other: view(other),
          groups: .one, repeats: leading, length: Extent(part))), like: operation)
  }

  private mutating func emitLoss(_ operation: Operation, _ index: Int) {
    let axes = program[operation.inputs[0]].type.axes
    let logits = locate(operation.inputs[0], at: index), labels = locate(operation.inputs[1], at: index)
    append(
      .loss(
        logits: logits, labels: labels, rows: Extent([axes[0]]), columns: Extent([axes[1]]),
        loss: allocate(operation.outputs[0])), like: operation)
  }

  private mutating func emitReference(_ operation: Operation, _ index: Int) {
    let inputs = operation.inputs.map { locate($0, at: index) }
    append(.reference(operation, inputs: inputs, outputs: operation.outputs.map { allocate($0) }), like: operation)
  }
}
