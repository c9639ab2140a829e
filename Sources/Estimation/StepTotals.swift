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
  /// What is alive while a block is recomputed.
  case recomputedBlock
}

/// The terms of all totals of a memory model, collected once.
struct StepTotals {
  private struct Key: Hashable {
    var total: StepTotal
    var buffer: Int
  }

  private var counts: [Key: LinearCount] = [:]

  /// - Parameter number: For each of the model's buffers, its number in the plan.
  init(_ memory: MemoryModel, structure: StepStructure, regime: XLARegime, number: [Int]) {
    for argument in memory.arguments {
      let buffer = number[argument.buffer]
      switch argument.kind {
      case .parameter:
        add(.parameters, buffer, argument.count)
        add(.unpaddedParameters, buffer, argument.count)
      case .optimizerState, .input:
        add(argument.kind == .input ? .inputs : .optimizerState, buffer, argument.count)
        add(.unpaddedRest, buffer, argument.count)
      }
    }
    for gradient in memory.gradients { add(gradient, number[gradient.buffer], structure, regime) }
    var totals: [(StepTotal, [MemoryModel.Term])] = [(.recomputedBlock, memory.recomputedBlock)]
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
    _ gradient: MemoryModel.ParameterGradient, _ buffer: Int, _ structure: StepStructure, _ regime: XLARegime
  ) {
    let isFreed = gradient.part == .attention && regime.freesAttentionGradients(structure)
    func add(_ total: StepTotal) { self.add(total, buffer, gradient.count) }
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
    counts[Key(total: total, buffer: buffer), default: .zero] += count
  }

  /// How often the element at each index counts: for every total, the sum without blocks and then the sum of a block.
  func sums(_ buffers: [StepPlan.BufferPlan]) -> [[Int: Int]] {
    var sums = Array(repeating: [Int: Int](), count: 2 * StepTotal.allCases.count)
    for (key, count) in counts {
      let buffer = buffers[key.buffer]
      let place = Int(key.total.isUnpadded ? buffer.unpadded : buffer.padded), size = Int(buffer.elementSize)
      sums[2 * key.total.rawValue][place, default: 0] += count.constant * size
      sums[2 * key.total.rawValue + 1][place, default: 0] += count.perBlock * size
    }
    return sums
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

  init(_ memory: MemoryModel, _ number: [Int]) {
    for gradient in memory.gradients {
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
