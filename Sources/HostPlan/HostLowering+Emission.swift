import TrainingStep

extension HostLowering {
  /// Appends the kernel of a pattern whose last member is operation `index`.
  mutating func emit(_ pattern: Pattern, at index: Int) {
    let operations = program.operations
    switch pattern.kind {
    case .linear(let product, let bias, let residual, let gelu):
      emitLinear(product: product, bias: bias, residual: residual, gelu: gelu, at: index)
    case .embedding(let product, let bias):
      let embed = operations[product]
      let rows = patches(embed, positions: program[embed.outputs[0]].type.axes[1], at: index)
      let output = operations[bias].outputs[0]
      let layer = HostKernel.Linear.Layer(
        weight: locate(embed.inputs[1], at: index), bias: locate(operations[bias].inputs[1], at: index),
        output: allocate(output))
      let linear = HostKernel.Linear(
        x: rows, layers: [layer], residual: nil,
        m: Extent(program[output].type.axes.dropLast()), k: Self.patchElements, n: Extent([.width]))
      append(.linear(linear), like: embed)
    case .attention(let scale, let logits, let softmax, let mix):
      let probabilities = program[operations[softmax].outputs[0]].type.axes
      let output = operations[mix].outputs[0]
      let attention = HostKernel.Attention(
        query: locate(operations[scale].inputs[0], at: index), key: locate(operations[logits].inputs[1], at: index),
        value: locate(operations[mix].inputs[1], at: index), output: allocate(output),
        logSum: buffer(TensorType(probabilities.dropLast(), .float32), .activation, "logSum"),
        queries: probabilities[2], keys: probabilities[3])
      if let projection = projectionToRepeat(for: attention, like: operations[softmax]) {
        projections[mix] = projection
        for layer in projection.kernel.layers { buffers[layer.output.index].purpose = .workspace }
      } else if !buffers[attention.query.index].isPersistent {
        // The program's backward reads the scaled query, while the kernel's reads the query.
        buffers[attention.query.index].purpose = .activation
      }
      append(.attention(attention), like: operations[softmax])
      attentions[mix] = attention
    case .attentionGradient(let forward, let valueGradient, let logitsGradient, let keyGradient, let queryGradient):
      guard var attention = attentions[forward] else { return }
      let dMixed = operations[valueGradient].inputs[0]
      if let projection = projections[forward] { repeatProjection(projection, for: &attention, at: index) }
      append(.attentionGradient(attention, outputGradient: locate(dMixed, at: index)), like: operations[logitsGradient])
      place(operations[valueGradient].outputs[0], attention.value)
      place(operations[keyGradient].outputs[0], attention.key)
      place(operations[queryGradient].outputs[0], attention.query)
    case .mlpGradient(let gelu, let gradient, let downGradient, let upGradient, let upBias, let downBias):
      let back = operations[gradient], up = operations[upGradient]
      let hidden = operations[gelu].inputs[0]
      guard case .contract(let c) = back.primitive, case .contract(let into) = up.primitive else { return }
      let kernel = HostKernel.MLPGradient(
        hidden: locate(hidden, at: index), gradient: locate(back.inputs[0], at: index),
        input: locate(up.inputs[1], at: index), down: locate(back.inputs[1], at: index),
        downGradient: allocate(operations[downGradient].outputs[0]), upGradient: allocate(up.outputs[0]),
        upBiasGradient: allocate(operations[upBias].outputs[0]),
        downBiasGradient: downBias.map { allocate(operations[$0].outputs[0]) }, m: Extent(c.lhsFree),
        inner: Extent(c.rhsFree), outer: Extent(c.contracted), into: Extent(into.rhsFree))
      append(.mlpGradient(kernel), like: back)
      place(operations[gelu].outputs[0], kernel.hidden)
    case .inputGradient(let products, let norm, let sum):
      emitInputGradient(products: products, norm: norm, sum: sum, at: index)
    case .weightGradient(let product, let bias):
      emitWeightGradient(product: product, bias: bias, at: index)
    }
  }

  private mutating func emitLinear(product: Int, bias: Int, residual: Int?, gelu: Int?, at index: Int) {
    let contract = program.operations[product]
    guard case .contract(let c) = contract.primitive else { return }
    let y = program.operations[bias].outputs[0]
    var activated: BufferID?
    if let gelu {
      // The gradient recomputes it.
      let output = program.operations[gelu].outputs[0]
      if readers[output.index].contains(where: { program.operations[$0].phase != .backward }) {
        activated = allocate(output)
        buffers[allocated(activated)].purpose = .workspace
      }
    }
    let output = residual.map { program.operations[$0].outputs[0] } ?? y
    let x = contract.inputs[0], held = residual.map { program.operations[$0].inputs[0] }
    var linear = HostKernel.Linear(
      x: locate(x, at: index), layers: [], residual: held.map { locate($0, at: index) }, m: Extent(c.lhsFree),
      k: Extent(c.contracted), n: Extent(c.rhsFree))
    let weight = locate(contract.inputs[1], at: index)
    let offset = locate(program.operations[bias].inputs[1], at: index)
    // After attention, both summands are kept: recomputing their sum costs one product in the backward pass and saves
    // bytes.
    if let held, contract.phase == .forward, [linear.x, locations[held]].allSatisfy({ isKept($0) }) {
      sums[output] = SumState(kernel: linear)
    }
    linear.layers = [
      HostKernel.Linear.Layer(weight: weight, bias: offset, output: allocate(output), activated: activated)
    ]
    sums[output]?.kernel = linear
    if let up = linearBefore(linear), let activated = up.layers[0].activated, activated == linear.x, up.n == linear.k,
      up.k == linear.n, up.residual == nil, contract.scope.block != nil, !isReadAgain(x, after: index)
    {
      // A block's whole MLP at once, so that GELU's output is never in memory. A head's MLP has too few rows to share
      // among threads.
      let mlp = HostKernel.MLP(
        x: up.x, up: up.layers[0].weight, upBias: up.layers[0].bias, hidden: up.layers[0].output, down: weight,
        downBias: offset, residual: linear.residual, output: linear.layers[0].output, m: linear.m, outer: linear.n,
        inner: linear.k)
      operations[operations.count - 1].kernel = .mlp(mlp)
      return
    }
    // Query, key and value have the same input, and one kernel reads it once.
    if case .linear(var before)? = operations.last?.kernel, before.x == linear.x, before.residual == nil,
      linear.residual == nil, before.layers.count < HostKernel.Linear.mostLayers, before.n == linear.n,
      operations.last?.phase == contract.phase
    {
      before.layers += linear.layers
      operations[operations.count - 1].kernel = .linear(before)
    } else {
      append(.linear(linear), like: contract)
    }
  }

  /// The projection that made query, key and value of the last block's attention, if it is the previous kernel. The
  /// peak is in the backward of that block's MLP, and they are read only after it. Repeating the projection for every
  /// block would cost more time.
  private func projectionToRepeat(for attention: HostKernel.Attention, like operation: Operation) -> ProjectionState? {
    guard operation.phase == .forward, let lastBlock, operation.scope.block == lastBlock,
      case .linear(let kernel)? = operations.last?.kernel,
      kernel.layers.map(\.output) == [attention.query, attention.key, attention.value],
      let input = norms.first(where: { $0.value.kernel.output == kernel.x })?.key
    else { return nil }
    return ProjectionState(kernel: kernel, input: input)
  }

  /// Recomputes query, key and value in new buffers.
  private mutating func repeatProjection(
    _ projection: ProjectionState, for attention: inout HostKernel.Attention, at index: Int
  ) {
    var kernel = projection.kernel
    kernel.x = locate(projection.input, at: index)
    for layer in kernel.layers.indices {
      let kept = buffers[kernel.layers[layer].output.index]
      buffers.append(HostBuffer(kept.extent, kept.element, .workspace, name: kept.name))
      kernel.layers[layer].output = BufferID(buffers.count - 1)
    }
    append(.linear(kernel), like: program.operations[index])
    (attention.query, attention.key, attention.value) = (
      kernel.layers[0].output, kernel.layers[1].output, kernel.layers[2].output
    )
  }

  /// The previous linear layer, if it is the only one in its kernel.
  private func linearBefore(_ linear: HostKernel.Linear) -> HostKernel.Linear? {
    guard case .linear(let before)? = operations.last?.kernel, before.layers.count == 1, before.m == linear.m else {
      return nil
    }
    return before
  }

  /// Whether anything reads `value` after operation `index`, apart from the backward pass, which recomputes it.
  private func isReadAgain(_ value: Value, after index: Int) -> Bool {
    readers[value.index].contains { $0 > index && program.operations[$0].phase != .backward }
  }

  /// Whether a buffer is kept for the backward pass.
  private func isKept(_ buffer: BufferID?) -> Bool { buffer.map { buffers[$0.index].purpose == .activation } ?? false }

  private func allocated(_ buffer: BufferID?) -> Int { buffer?.index ?? 0 }

  private mutating func emitInputGradient(products: [Int], norm: Int?, sum: Int?, at index: Int) {
    let operations = program.operations
    let pairs = products.map { product in
      let operation = operations[product]
      var n = Extent.one
      if case .contract(let c) = operation.primitive { n = Extent(c.contracted) }
      return HostKernel.InputGradient.Pair(
        gradient: locate(operation.inputs[0], at: index), weight: locate(operation.inputs[1], at: index), n: n)
    }
    let last = operations[norm ?? products[0]]
    let result = sum.map { operations[$0].outputs[0] } ?? last.outputs[0]
    var given: BufferID?
    if products.isEmpty { given = locate(last.inputs[2], at: index) }
    var through: HostKernel.InputGradient.Norm?
    if let norm {
      let operation = operations[norm]
      // The statistics are kept with the norm's output.
      let state = norms.values.first { $0.input == operation.inputs[0] && $0.scale == operation.inputs[1] }
      guard let kernel = state?.kernel else { return }
      through = HostKernel.InputGradient.Norm(
        x: locate(operation.inputs[0], at: index), scale: locate(operation.inputs[1], at: index), mean: kernel.mean,
        deviation: kernel.deviation, scaleGradient: allocate(operation.outputs[1]),
        biasGradient: allocate(operation.outputs[2]))
    }
    let axes = program[result].type.axes
    // As matrices: the input of a linear layer may have several axes on either side.
    var m = Extent(axes.dropLast()), k = Extent(axes.suffix(1))
    if let product = products.first, case .contract(let c) = operations[product].primitive {
      (m, k) = (Extent(c.lhsFree), Extent(c.rhsFree))
    }
    let output: BufferID
    if let sum, isFree(operations[sum].inputs[0], after: index) {
      output = locate(operations[sum].inputs[0], at: index)
      place(result, output)
    } else {
      output = allocate(result)
      if let sum {
        let held = HostKernel.Move.View(buffer: locate(operations[sum].inputs[0], at: index))
        append(
          .move(
            HostKernel.Move(
              output: HostKernel.Move.View(buffer: output), source: held, groups: .one, repeats: .one,
              length: Extent(axes))), like: last)
      }
    }
    append(
      .inputGradient(
        HostKernel.InputGradient(
          pairs: pairs, given: given, norm: through, output: output, accumulates: sum != nil,
          m: m, k: k)),
      like: last)
  }

  private mutating func emitWeightGradient(product: Int, bias: Int?, at index: Int) {
    let operation = program.operations[product]
    let bias = bias.map { program.operations[$0].outputs[0] }
    let kernel: HostKernel.WeightGradient
    if case .contract(let c) = operation.primitive {
      let x = locate(operation.inputs[1], at: index)
      let layer = HostKernel.WeightGradient.Layer(
        dy: locate(operation.inputs[0], at: index), gradient: allocate(operation.outputs[0]),
        biasGradient: bias.map { allocate($0) })
      kernel = HostKernel.WeightGradient(
        x: x, layers: [layer], m: Extent(c.contracted), k: Extent(c.rhsFree), n: Extent(c.lhsFree))
    } else {
      let axes = program[operation.inputs[1]].type.axes
      let rows = patches(operation, positions: axes[1], at: index)
      let layer = HostKernel.WeightGradient.Layer(
        dy: locate(operation.inputs[1], at: index), gradient: allocate(operation.outputs[0]),
        biasGradient: bias.map { allocate($0) })
      kernel = HostKernel.WeightGradient(
        x: rows, layers: [layer], m: Extent(axes.dropLast()), k: Self.patchElements, n: Extent([.width]))
    }
    if case .weightGradient(var before)? = operations.last?.kernel, before.x == kernel.x, before.n == kernel.n,
      before.layers.count < HostKernel.Linear.mostLayers
    {
      before.layers += kernel.layers
      operations[operations.count - 1].kernel = .weightGradient(before)
    } else {
      append(.weightGradient(kernel), like: operation)
    }
  }

  private static let patchElements = Extent([.patchRows, .patchColumns, .channels])

  private mutating func patches(_ operation: Operation, positions: Axis, at index: Int) -> BufferID {
    let rows = buffer(
      TensorType([.batch, positions] + Self.patchElements.axes, .float32), .workspace, "patches")
    append(.patches(images: locate(operation.inputs[0], at: index), output: rows), like: operation)
    return rows
  }
}
