import TrainingStep
import VisionTransformer

/// Reads the pieces of a step off its program.
///
/// An operation that writes something is a piece; one that writes nothing is part of every piece that reads its results.
/// Beyond what the save policy says is kept, the compiler writes what only its order shows: the gradient of a layer norm's
/// result, two of the three gradients that are summed there; and it sums a bias's gradient in the piece that makes its
/// operand.
/// Source: graphs that libtpu 0.0.17.1 schedules for steps with recomputed blocks (`compile --graph`).
struct TemplateReader {
  private let program: Program
  private let policy: XLASavePolicy
  private let keepsImages: Bool
  private(set) var buffers = BufferNumbers()
  private(set) var pieces: [StepTemplate.Stretch: [StepTemplate.Piece]] = [:]
  /// Where each value comes from; none for a fused one.
  private(set) var sources: [Int: StepTemplate.Source] = [:]
  private(set) var blockArguments: [Int] = []
  private(set) var otherArguments: [Int] = []
  /// Parameters in the order of the step's results.
  let ordered: [Parameter]

  // Statistics that everything reads that reads a value, or the result of an operation.
  private var statisticsOfValue: [Int: [StepTemplate.Source]] = [:]
  private var statisticsOfOperation: [Int: [StepTemplate.Source]] = [:]
  // By block: what a recomputed block takes from its barrier.
  private var barriers: [Int: [StepTemplate.Source: StepTemplate.Source]] = [:]
  // Operations by the one whose piece computes them too.
  private var merged: [Int: [Int]] = [:]
  private var isMerged: Set<Int> = []
  private var elements: [Int: ElementType] = [:]
  private var writtenInputGradients: [Int: Int] = [:]

  init(_ program: Program, policy: XLASavePolicy, keepsImages: Bool) {
    self.program = program
    self.policy = policy
    self.keepsImages = keepsImages
    ordered = program.parameters.map { (parameter: $0, path: FlaxPath(program[$0.value].name, isScanned: false)) }
      .sorted { $0.path < $1.path }.map(\.parameter)
  }

  mutating func read() {
    readArguments()
    findSums()
    if policy.regime.singleImage { findOuterProducts() }
    for (index, operation) in program.operations.enumerated() where operation.phase != .update {
      if operation.primitive == .barrier {
        writeBarrier(index, operation)
      } else if !isMerged.contains(index) {
        write(index, operation)
      }
    }
  }

  // MARK: - Arguments

  private mutating func readArguments() {
    var slots: [Int: Int] = [:]
    func argument(_ value: Value, _ block: Int?, _ self: inout Self) {
      let buffer = self.buffers.number(Buffer(self.program[value].type))
      guard let block else {
        self.sources[value.index] = .argument(block: nil, slot: self.otherArguments.count)
        self.otherArguments.append(buffer)
        return
      }
      let slot = slots[block, default: 0]
      slots[block] = slot + 1
      self.sources[value.index] = .argument(block: block, slot: slot)
      if block == 0 { self.blockArguments.append(buffer) }
    }
    for parameter in ordered {
      for value in [parameter.value] + parameter.state { argument(value, program[value].scope.block, &self) }
    }
    argument(program.images, nil, &self)
    argument(program.labels, nil, &self)
    if let counter = program.counter { argument(counter.before, nil, &self) }
  }

  /// The place of an argument among those of its block, or among the others.
  func slot(of value: Value) -> Int? {
    guard case .argument(_, let slot) = sources[value.index] else { return nil }
    return slot
  }

  /// A parameter, if the step has its gradient.
  func trained(_ parameter: Parameter) -> StepTemplate.Trained? {
    let info = program[parameter.value]
    var gradient = parameter.gradient
    while sources[gradient.index] == nil {
      guard let maker = program[gradient].maker, let input = program.operations[maker].inputs.first else { return nil }
      gradient = input
    }
    guard let source = sources[gradient.index], let slot = slot(of: parameter.value), let kind = info.kind else {
      return nil
    }
    return StepTemplate.Trained(
      block: info.scope.block, slot: slot, moments: parameter.state.compactMap { self.slot(of: $0) },
      gradient: source, gradientElement: elements[gradient.index] ?? .float32, kind: kind,
      isProjection: info.type.axes == [.width, .heads, .headWidth], name: info.name)
  }

  // MARK: - What is read

  private func part(of operation: Operation) -> StepTemplate.Stretch {
    switch (operation.scope.block, operation.phase, operation.scope.part) {
    case (let block?, .forward, _): .forward(block)
    case (let block?, _, _): .backward(block)
    case (nil, .forward, .stem): .stem
    case (nil, _, .stem): .stemGradient
    default: .head
    }
  }

  /// Adds where a value comes from to `found`, through operations that write nothing.
  private func collect(_ value: Value, _ found: inout [StepTemplate.Source]) {
    func add(_ source: StepTemplate.Source, _ found: inout [StepTemplate.Source]) {
      if !found.contains(source) { found.append(source) }
    }
    for source in statisticsOfValue[value.index] ?? [] { add(source, &found) }
    if let source = sources[value.index] { return add(source, &found) }
    guard let maker = program[value].maker else { return }
    for input in policy.operands(of: program.operations[maker], in: program) { collect(input, &found) }
    for source in statisticsOfOperation[maker] ?? [] { add(source, &found) }
  }

  /// The same as a recomputed block reads it.
  private func reads(_ values: [Value], _ operation: Operation) -> [StepTemplate.Source] {
    var found: [StepTemplate.Source] = []
    for value in values { collect(value, &found) }
    guard operation.phase != .forward, let block = operation.scope.block, let barrier = barriers[block] else {
      return found
    }
    return found.map { barrier[$0] ?? $0 }
  }

  // MARK: - What is written

  private mutating func append(_ piece: StepTemplate.Piece) -> Int {
    pieces[piece.scope, default: []].append(piece)
    return (pieces[piece.scope]?.count ?? 1) - 1
  }

  /// Everything that a block's recomputation reads passes a barrier, together with the gradient from the block after it.
  private mutating func writeBarrier(_ index: Int, _ operation: Operation) {
    guard let block = operation.scope.block else { return }
    var passed: [StepTemplate.Source] = []
    collect(operation.inputs[0], &passed)
    for parameter in ordered where program[parameter.value].scope.block == block { collect(parameter.value, &passed) }
    let upstream = program.operations.first { other in
      other.phase == .backward && other.scope.block == block
        && other.inputs.contains { isUpstream($0, of: block) }
    }
    if let value = upstream?.inputs.first(where: { isUpstream($0, of: block) }) { collect(value, &passed) }
    let scope = part(of: operation)
    let piece = append(
      StepTemplate.Piece(
        phase: .recompute, scope: scope, part: operation.scope.part, name: operation.primitive.name, reads: passed,
        writes: [], instant: .lastAttentionBackward, isBarrier: true))
    for (output, source) in passed.enumerated() {
      barriers[block, default: [:]][source] = .piece(scope, piece: piece, output: output)
    }
  }

  private func isUpstream(_ value: Value, of block: Int) -> Bool {
    program[value].role == .activationGradient
      && program[value].maker.map { program.operations[$0].scope.block != block } ?? false
  }

  private func buffer(_ value: Value, _ operation: Operation) -> Buffer? {
    if let kept = policy.buffer(of: value, madeBy: operation, in: program) { return kept }
    guard operation.phase == .backward, operation.scope.block != nil, value == operation.outputs.first else {
      return nil
    }
    let written = policy.tokenTensor([.batch, .tokens, .width], policy.structure.activation)
    if operation.primitive == .layerNormGradient { return written }
    return operation.product == .projection && operation.operand == .left ? written : nil
  }

  private mutating func write(_ index: Int, _ operation: Operation) {
    let scope = part(of: operation)
    var reads = reads(policy.operands(of: operation, in: program), operation)
    if operation.primitive == .scaleByHeadWidth {
      writeStatistics(index, operation, kernels(operation), scope)
    } else {
      let statistics = writeStatistics(index, operation, reads, scope)
      reads += statistics
      for value in operation.inputs where program[value].role != .parameter {
        statisticsOfValue[value.index, default: []] += statistics
      }
    }
    if operation.primitive == .embedPatchesKernelGradient, policy.regime.singleImage, !keepsImages {
      reads.append(copyImages(operation, scope))
    }
    var kept = operation.outputs.compactMap { value in buffer(value, operation).map { (value, $0) } }
    if operation.product == .projection, operation.operand == .left, operation.phase == .backward,
      let block = operation.scope.block, !kept.isEmpty
    {
      // The third of the sum's gradients is computed where it is added.
      writtenInputGradients[block, default: 0] += 1
      if writtenInputGradients[block] == 3 { kept = [] }
    }
    if case .sigmoidCrossEntropy = operation.primitive {
      kept = [(operation.outputs[0], Buffer(TensorType([], .float32)))]
    }
    if kept.isEmpty, merged[index] != nil {
      kept = [(operation.outputs[0], Buffer(program[operation.outputs[0]].type))]
    }
    let scratch = policy.scratch(of: operation, in: program)
    guard !kept.isEmpty || !scratch.isEmpty else { return }
    for other in merged[index] ?? [] {
      let sum = program.operations[other]
      for source in self.reads(sum.inputs, sum) where !reads.contains(source) { reads.append(source) }
      if let buffer = policy.buffer(of: sum.outputs[0], madeBy: sum, in: program) {
        kept.append((sum.outputs[0], buffer))
      }
    }
    let writes =
      kept.map { StepTemplate.Output(buffer: buffers.number($1), purpose: purpose($0, operation)) }
      + scratch.map { StepTemplate.Output(buffer: buffers.number($0), purpose: .workspace) }
    let piece = append(
      StepTemplate.Piece(
        phase: operation.phase, scope: scope, part: operation.scope.part, name: operation.primitive.name, reads: reads,
        writes: writes, instant: Instant(operation, isFirst: operation.scope.block == 0),
        isInPlace: operation.primitive == .geluGradient))
    for (output, (value, buffer)) in kept.enumerated() {
      sources[value.index] = .piece(scope, piece: piece, output: output)
      elements[value.index] = buffer.element
    }
  }

  private func purpose(_ value: Value, _ operation: Operation) -> Purpose {
    switch program[value].role {
    case .parameterGradient: .gradient
    case .activationGradient: .workspace
    default: operation.phase == .backward ? .workspace : .activation
    }
  }

  /// Statistics of a softmax or a norm, kernels that are cast, a copy of the images.
  @discardableResult
  private mutating func writeStatistics(
    _ index: Int, _ operation: Operation, _ reads: [StepTemplate.Source], _ scope: StepTemplate.Stretch
  ) -> [StepTemplate.Source] {
    var statistics = policy.statistics(of: operation, in: program)
    if case .embedPatches = operation.primitive, policy.regime.singleImage, keepsImages {
      statistics = [imagesOffLanes]
    }
    guard !statistics.isEmpty else { return [] }
    let piece = append(
      StepTemplate.Piece(
        phase: operation.phase, scope: scope, part: operation.scope.part, name: operation.primitive.name, reads: reads,
        writes: statistics.map { StepTemplate.Output(buffer: buffers.number($0), purpose: .activation) },
        instant: Instant(operation, isFirst: operation.scope.block == 0)))
    let made = statistics.indices.map { StepTemplate.Source.piece(scope, piece: piece, output: $0) }
    statisticsOfOperation[index] = made
    return made
  }

  private func kernels(_ operation: Operation) -> [StepTemplate.Source] {
    let kernel = ordered.first {
      program[$0.value].scope == operation.scope && program[$0.value].kind == .attentionKernel
    }
    return kernel.map { reads([$0.value], operation) } ?? []
  }

  // (B, R, R, 3) with the images or the colours on lanes, as the gradient of a convolution reads it.
  private var imagesOffLanes: Buffer {
    Buffer(
      TensorType([.batch, .imageRows, .imageColumns, .channels], .bfloat16),
      minor: .among([MinorPair(secondMinor: 3, minor: 0), MinorPair(secondMinor: 0, minor: 3)]))
  }

  private mutating func copyImages(_ operation: Operation, _ scope: StepTemplate.Stretch) -> StepTemplate.Source {
    let piece = append(
      StepTemplate.Piece(
        phase: .backward, scope: scope, part: .stem, name: operation.primitive.name,
        reads: reads([program.images], operation),
        writes: [StepTemplate.Output(buffer: buffers.number(imagesOffLanes), purpose: .workspace)],
        instant: .endOfBackward))
    return .piece(scope, piece: piece, output: 0)
  }

  /// Finds the sums that are computed where their operand is made: gradients of biases.
  private mutating func findSums() {
    for (index, operation) in program.operations.enumerated() {
      guard operation.phase == .backward, let block = operation.scope.block, case .sum = operation.primitive,
        program[operation.outputs[0]].role == .parameterGradient
      else { continue }
      var value = operation.inputs[0]
      while let maker = program[value].maker {
        let made = program.operations[maker]
        if policy.buffer(of: value, madeBy: made, in: program) != nil {
          // What comes from the block after this one passes the barrier; the piece that adds to it computes the sum.
          let own = made.phase == .backward && made.scope.block == block
          if let place = own ? maker : adding(operation) {
            merged[place, default: []].append(index)
            isMerged.insert(index)
          }
          break
        }
        guard case .convert = made.primitive else { break }
        value = made.inputs[0]
      }
    }
  }

  /// Finds the kernels' gradients of a head with one image, products of two vectors, which are computed with the gradient of
  /// their operand. Source: graphs of libtpu 0.0.17.1, of four steps with one image.
  private mutating func findOuterProducts() {
    let products: [Product] = [.classifier, .mlpDown, .mlpUp, .attentionOutput]
    for (index, operation) in program.operations.enumerated()
    where operation.phase == .backward && operation.scope.part == .head && operation.operand == .right {
      guard let product = operation.product, products.contains(product),
        let place = program.operations.firstIndex(where: {
          $0.phase == .backward && $0.scope == operation.scope && $0.product == product && $0.operand == .left
        })
      else { continue }
      merged[place, default: []].append(index)
      isMerged.insert(index)
    }
  }

  private func adding(_ sum: Operation) -> Int? {
    program.operations.firstIndex {
      $0.phase == .backward && $0.scope == sum.scope && $0.primitive == .add
        && policy.buffer(of: $0.outputs[0], madeBy: $0, in: program) != nil
    }
  }
}
