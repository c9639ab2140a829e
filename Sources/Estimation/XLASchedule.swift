import TrainingStep
import VisionTransformer

/// The order in which XLA:TPU's memory scheduler runs a training step.
///
/// The forward pass and input gradients keep the program's order. Weight gradients go where they cost the least memory:
/// as soon as their operands exist, or, if a kernel is larger than the activations that it would free, after all input
/// gradients, block by block. Updates follow at the end, except that those of deferred gradients, and of Adafactor
/// without clipping on attention kernels, run at once. Clipping delays all updates until the norm of all gradients is
/// known.
/// Source: scheduled programs of libtpu 0.0.17.1; Facts, "Order of the step".
struct XLASchedule {
  /// Indices of the program's operations in the order they run.
  let order: [Int]
  /// Position in `order` of the first deferred weight gradient; nil if there is none.
  let deferralStart: Int?

  init(_ program: Program, structure: StepStructure, regime: XLARegime) {
    var scheduler = Scheduler(program, structure: structure, regime: regime)
    scheduler.run()
    order = scheduler.order
    deferralStart = scheduler.deferralStart
  }
}

private struct Scheduler {
  let program: Program
  let structure: StepStructure
  let regime: XLARegime
  var order: [Int] = []
  var deferralStart: Int?
  private var placed: [Bool]
  private var isDone: [Bool]
  /// Number of inputs still missing, for gradients that run as soon as they are ready; -1 for every other operation.
  private var missing: [Int]
  /// Those of them whose inputs all exist, in the program's order: few, although the program may have a hundred
  /// thousand.
  private var ready: [Int] = []
  private let counter: Int?

  init(_ program: Program, structure: StepStructure, regime: XLARegime) {
    self.program = program
    self.structure = structure
    self.regime = regime
    placed = Array(repeating: false, count: program.values.count)
    isDone = Array(repeating: false, count: program.operations.count)
    missing = Array(repeating: -1, count: program.operations.count)
    for value in program.arguments { placed[value.index] = true }
    order.reserveCapacity(program.operations.count)
    counter = program.operations.firstIndex { $0.primitive == .increment }
  }

  mutating func run() {
    let operations = program.operations
    let isWeightGradient = operations.indices.map { index in
      operations[index].phase == .backward
        && operations[index].outputs.allSatisfy { program.values[$0.index].role == .parameterGradient }
    }
    let gradients = operations.indices.filter { isWeightGradient[$0] }
    let lastBlock = operations.lazy.compactMap(\.scope.block).max()
    let updatesAtOnce = structure.gradientClipping == .none && regime.freesAttentionGradients(structure)
    let waiting = gradients.filter { !isDeferred(operations[$0]) }
    for index in waiting {
      missing[index] = operations[index].inputs.count { !placed[$0.index] }
      if missing[index] == 0 { ready.append(index) }
    }
    var mlpDone = false
    for index in operations.indices where operations[index].phase != .update && !isWeightGradient[index] {
      let isBackward = operations[index].phase == .backward
      if isBackward, operations[index].scope == Scope(.attention, block: lastBlock) { mlpDone = true }
      place(index)
      guard isBackward else { continue }
      var last = -1
      while let next = ready.firstIndex(where: { $0 > last }) {
        let candidate = ready[next]
        last = candidate
        guard mlpDone || !waitsForMLP(operations[candidate]) else { continue }
        ready.remove(at: next)
        place(candidate)
        if updatesAtOnce, operations[candidate].scope.part == .attention {
          placeUpdate(of: operations[candidate])
        }
      }
    }
    for index in waiting where !isDone[index] { place(index) }
    let deferred = gradients.filter { !isDone[$0] }
    if deferred.contains(where: { operations[$0].scope.block != nil }) { deferralStart = order.count }
    let late = regime.eager ? deferred.filter { isClassifier(operations[$0]) } : []
    for index in deferred.filter({ !late.contains($0) }) + late {
      applyCheaper(than: index, gradients)
      place(index)
      if structure.gradientClipping == .none, operations[index].scope.block != nil {
        placeUpdate(of: operations[index])
      }
    }
    for index in operations.indices where !isDone[index] { place(index) }
  }

  private func isReady(_ index: Int) -> Bool { program.operations[index].inputs.allSatisfy { placed[$0.index] } }

  private mutating func place(_ index: Int) {
    order.append(index)
    isDone[index] = true
    for output in program.operations[index].outputs where !placed[output.index] {
      placed[output.index] = true
      for reader in program.readers[output] where missing[reader] > 0 {
        missing[reader] -= 1
        if missing[reader] == 0 { ready.insert(reader, at: ready.firstIndex { $0 > reader } ?? ready.endIndex) }
      }
    }
  }

  private func isOf(_ kind: ParameterKind, _ operation: Operation) -> Bool {
    operation.outputs.contains { program[$0].kind == kind }
  }

  private func isClassifier(_ operation: Operation) -> Bool { isOf(.classifier, operation) }

  private func isMLPKernel(_ operation: Operation) -> Bool { isOf(.mlpKernel, operation) }

  private func isAttentionKernel(_ operation: Operation) -> Bool { isOf(.attentionKernel, operation) }

  private func isDeferred(_ operation: Operation) -> Bool {
    if isClassifier(operation) { return regime.classifierGradient == .last }
    if regime.headMLPLast, operation.scope.part == .head, isMLPKernel(operation) { return true }
    if regime.headAttentionLast, operation.scope.part == .head, isAttentionKernel(operation) { return true }
    // In post order the other kernels of a head are deferred too, except with one image, where operands are as large as
    // the kernels.
    if !regime.eager, !regime.singleImage, !structure.recomputesBlocks, operation.scope.part == .head,
      isMLPKernel(operation) || isAttentionKernel(operation)
    {
      return true
    }
    return operation.scope.block != nil && !regime.eager
  }

  private func waitsForMLP(_ operation: Operation) -> Bool {
    regime.classifierGradient == .afterMLP && isClassifier(operation)
  }

  // At the end of the list order: updates that take less than the remaining gradient.
  private mutating func applyCheaper(than index: Int, _ gradients: [Int]) {
    let isLast = isClassifier(program.operations[index])
    let attention = isLast ? regime.appliesAttentionForClassifier : regime.appliesAttentionForHeadMLP
    let mlp = isLast && regime.appliesMLPForClassifier
    guard attention || mlp else { return }
    for gradient in gradients where isDone[gradient] {
      let operation = program.operations[gradient]
      if isMLPKernel(operation) ? mlp : attention && isAttentionKernel(operation) { placeUpdate(of: operation) }
    }
  }

  // Places every reader of a gradient on its way into the update, as far as its operands exist.
  private mutating func placeUpdate(of operation: Operation) {
    // The step counter is an operand of every update; making it early costs nothing.
    if let counter, !isDone[counter] { place(counter) }
    var frontier = operation.outputs
    while let value = frontier.popLast() {
      for reader in program.readers[value] where !isDone[reader] && isReady(reader) {
        let next = program.operations[reader]
        guard next.phase == .update || isCast(next) else { continue }
        place(reader)
        frontier += next.outputs
      }
    }
  }

  private func isCast(_ operation: Operation) -> Bool {
    if case .convert = operation.primitive { return operation.phase == .backward }
    return false
  }
}

extension StepStructure {
  /// Whether an update needs no more bytes than the gradient that it frees, so that the all-reduce's results need no
  /// extra memory: plain descent in float32.
  var updatesFreeGradients: Bool {
    optimizer == .sgd && precision == .float32 && gradientClipping == .none
  }
}
