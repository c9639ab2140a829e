import TrainingStep
import VisionTransformer

/// A sum over the buffers of a step that every estimate needs, wherever its peak is.
enum StepTotal: Int, Sendable, CaseIterable {
  /// Arguments with padding.
  case parameters, optimizerState, inputs
  /// Parameters, and the other arguments, all without padding.
  case unpaddedParameters, unpaddedRest
  /// All gradients of parameters; gradients that are applied as they come; gradients of biases and norms.
  case gradients, freedGradients, vectorGradients
  /// Gradients of kernels that are applied before a late classifier's is computed.
  case appliedForClassifier
  /// Gradients of a MAP head's MLP that are computed after attention gradients are applied.
  case lateHeadMLP
  /// What waits for deferred weight gradients; zero in an eager order.
  case waiting
  /// What is alive after the last block's backward, and the gradients of parameters among it, in an eager order.
  case afterLastBlock, gradientsAfterLastBlock
  /// What is alive when the backward pass begins, if results may wait for their copies.
  case atBackward
}

/// The terms of all totals of a memory model, collected once.
struct StepTotals {
  // For every total, by buffer.
  private var counts: [[LinearCount]]

  /// - Parameters:
  ///   - number: For each of the model's buffers, its number in the plan.
  ///   - ofArguments: The same for each of the programs' buffers.
  ///   - count: Number of buffers in the plan.
  init(
    _ memory: MemoryModel, _ programs: StepPrograms, _ regime: XLARegime, number: [Int], ofArguments: [Int], count: Int
  ) {
    let structure = programs.structure
    counts = Array(repeating: Array(repeating: .zero, count: count), count: StepTotal.allCases.count)
    for (argument, count) in programs.arguments {
      let buffer = ofArguments[argument.buffer]
      switch argument.kind {
      case .parameter:
        add(.parameters, buffer, count)
        add(.unpaddedParameters, buffer, count)
      case .optimizerState, .input:
        add(argument.kind == .input ? .inputs : .optimizerState, buffer, count)
        add(.unpaddedRest, buffer, count)
      }
    }
    for (gradient, count) in programs.gradients {
      add(gradient, count, ofArguments[gradient.buffer], structure, regime)
    }
    var totals: [(StepTotal, [MemoryModel.Term])] = []
    if regime.eager {
      let gradients = memory.afterLastBlock.filter { [.gradient, .headGradient].contains($0.purpose) }
      totals += [(.afterLastBlock, memory.afterLastBlock), (.gradientsAfterLastBlock, gradients)]
    } else {
      totals.append((.waiting, memory.waiting))
    }
    if WaitingResults.mayWait(structure, regime) { totals.append((.atBackward, memory.atBackward)) }
    for (total, terms) in totals {
      for term in terms { add(total, number[term.buffer], term.count) }
    }
  }

  private mutating func add(
    _ gradient: StepPrograms.GradientKey, _ count: LinearCount, _ buffer: Int, _ structure: StepStructure,
    _ regime: XLARegime
  ) {
    let isFreed = gradient.part == .attention && regime.freesAttentionGradients(structure)
    func add(_ total: StepTotal) { self.add(total, buffer, count) }
    add(.gradients)
    if isFreed { add(.freedGradients) }
    switch gradient.kind {
    case .mlpKernel:
      if regime.appliesMLPForClassifier { add(.appliedForClassifier) }
      if gradient.part == .head, regime.appliesAttentionForHeadMLP { add(.lateHeadMLP) }
    case .attentionKernel:
      if !isFreed, regime.appliesAttentionForClassifier { add(.appliedForClassifier) }
    case .vector: add(.vectorGradients)
    case .classifier, .patchKernel, .positions: break
    }
  }

  private mutating func add(_ total: StepTotal, _ buffer: Int, _ count: LinearCount) {
    counts[total.rawValue][buffer] += count
  }

  /// How often the element at each index counts: for every total, the sum without blocks and then the sum of a block.
  func sums(_ buffers: [StepPlan.BufferPlan]) -> [[SumList.Term]] {
    zip(StepTotal.allCases, counts).flatMap { total, counts in
      var constant: [SumList.Term] = [], perBlock: [SumList.Term] = []
      for (buffer, count) in zip(buffers, counts) where count != .zero {
        let place = Int(total.isUnpadded ? buffer.unpadded : buffer.padded), size = Int(buffer.elementSize)
        constant.append(SumList.Term(place: place, count: count.constant * size))
        perBlock.append(SumList.Term(place: place, count: count.perBlock * size))
      }
      return [constant, perBlock]
    }
  }
}

extension StepTotal {
  fileprivate var isUnpadded: Bool { self == .unpaddedParameters || self == .unpaddedRest }
}

/// The buffers of kernels' gradients by kind; one stands for all of the attention's, and one for all of the MLPs'.
struct KernelGradients: Sendable {
  private(set) var mlp: Int?
  private(set) var attention: Int?
  private(set) var classifier: Int?
  private(set) var patch: Int?
  /// Whether the head has an MLP.
  private(set) var hasMAPHead = false

  /// - Parameter number: For each of the programs' buffers, its number in the plan.
  init(_ programs: StepPrograms, _ number: [Int]) {
    for (gradient, _) in programs.gradients {
      let buffer = number[gradient.buffer]
      switch gradient.kind {
      case .mlpKernel:
        mlp = buffer
        if gradient.part == .head { hasMAPHead = true }
      case .attentionKernel: attention = buffer
      case .classifier: classifier = buffer
      case .patchKernel: patch = buffer
      case .positions, .vector: break
      }
    }
  }
}
