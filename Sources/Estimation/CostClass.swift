import TrainingStep

/// The kinds of work that the time model prices: every operation of a program belongs to one.
///
/// XLA fuses element-wise work into its neighbours, so a class is the price of an operation with everything fused into
/// it, and the fused operations are of class `fused`.
enum CostClass: Hashable, Sendable {
  /// Included in a neighbour's price.
  case fused
  /// Patch embedding, its layout change, and the cast of the images.
  case embedPatches
  case embedPatchesGradient
  /// One of query, key and value; the layer norm is recomputed inside it.
  case projection
  case projectionWeightGradient
  /// Gradient of the attention output, through the output projection.
  case attentionOutputGradient
  case logits
  case exponential
  case attentionValue
  case outputProjection
  case mlpUp
  case mlpDown
  case mlpDownWeightGradient
  case hiddenGradient
  case mlpUpWeightGradient
  case mlpInputGradient
  case valueGradient
  case logitsGradient
  /// Gradients of queries and keys together, each priced at half.
  case queryOrKeyGradient
  /// Input gradient of one of query, key and value.
  case projectionInputGradient
  /// What the layer norm's backward adds to the last of the input gradients.
  case attentionNormGradient
  /// Layer norm and bias gradients of a block.
  case blockElementwise
  /// Statistics, copies between layouts and the ends of large fusions, once a block.
  case blockOverhead
  /// What full rematerialization adds to a block, apart from running its operations again.
  case recomputeBarrier
  /// Positional embedding and the first norm's backward.
  case positions
  /// Pooling, by kind.
  case pool(Pooling)
  /// Products of the classifier and the loss.
  case classifier
  /// The update of one parameter.
  case update(ParameterKind)

  enum Pooling: Hashable, Sendable {
    case token, gap, map
  }

  /// Every class that has a price, in a fixed order: the indices of prices.
  static let all = {
    var all: [CostClass] = []
    forEach { all.append($0) }
    return Table(all)
  }()

  /// Calls `body` with every class that has a price. Spelt out, so that a price is found without a switch on the class.
  @inline(__always)
  static func forEach(_ body: (CostClass) -> Void) {
    body(.embedPatches)
    body(.embedPatchesGradient)
    body(.projection)
    body(.projectionWeightGradient)
    body(.attentionOutputGradient)
    body(.logits)
    body(.exponential)
    body(.attentionValue)
    body(.outputProjection)
    body(.mlpUp)
    body(.mlpDown)
    body(.mlpDownWeightGradient)
    body(.hiddenGradient)
    body(.mlpUpWeightGradient)
    body(.mlpInputGradient)
    body(.valueGradient)
    body(.logitsGradient)
    body(.queryOrKeyGradient)
    body(.projectionInputGradient)
    body(.attentionNormGradient)
    body(.blockElementwise)
    body(.blockOverhead)
    body(.recomputeBarrier)
    body(.positions)
    body(.pool(.token))
    body(.pool(.gap))
    body(.pool(.map))
    body(.classifier)
    body(.update(.attentionKernel))
    body(.update(.mlpKernel))
    body(.update(.classifier))
    body(.update(.patchKernel))
    body(.update(.positions))
    body(.update(.vector))
  }

  /// The class of an operation. The switch is exhaustive over the primitives: a new one does not compile until it has a
  /// price.
  init(_ operation: Operation, in program: Program) {
    let part = operation.scope.part
    switch operation.primitive {
    case .embedPatches: self = .embedPatches
    case .embedPatchesKernelGradient: self = .embedPatchesGradient
    // The products of the head are priced by its pooling and classifier.
    case .contract: self = part == .head ? .fused : Self.product(operation)
    case .softmax: self = part == .attention ? .exponential : .fused
    case .layerNormGradient:
      switch part {
      case .attention: self = .attentionNormGradient
      case .mlp: self = .blockElementwise
      default: self = .fused
      }
    case .gelu: self = part == .mlp && operation.phase == .forward ? .blockOverhead : .fused
    case .barrier: self = .recomputeBarrier
    case .sum(let axes) where part == .stem && operation.phase == .backward && axes.contains(.tokens): self = .positions
    case .takeToken where operation.phase == .forward: self = .pool(.token)
    case .meanTokens: self = .pool(.gap)
    case .sum where part == .head && operation.phase == .forward: self = .pool(.map)
    case .sgdUpdate, .momentumUpdate, .adamUpdate, .adafactorUpdate, .adafactorUnfactoredUpdate:
      self = .update(program[operation.inputs[0]].kind ?? .vector)
    case .sigmoidCrossEntropy: self = .classifier
    case .addBroadcast, .add, .scaleByHeadWidth, .sum, .broadcast, .convert, .layerNorm, .softmaxGradient,
      .geluGradient,
      .prependToken, .dropToken, .takeToken, .padToken, .meanTokensGradient, .sigmoidCrossEntropyGradient,
      .allReduceMean,
      .globalNormFactor, .scaleByFactor, .increment:
      self = .fused
    }
  }

  private static func product(_ operation: Operation) -> CostClass {
    switch (operation.product, operation.operand) {
    case (.projection, nil): .projection
    case (.projection, .left): .projectionInputGradient
    case (.projection, .right), (.attentionOutput, .right): .projectionWeightGradient
    case (.attentionLogits, nil): .logits
    case (.attentionLogits, .left), (.attentionLogits, .right): .queryOrKeyGradient
    case (.attentionMix, nil): .attentionValue
    case (.attentionMix, .left): .logitsGradient
    case (.attentionMix, .right): .valueGradient
    case (.attentionOutput, nil): .outputProjection
    case (.attentionOutput, .left): .attentionOutputGradient
    case (.mlpUp, nil): .mlpUp
    case (.mlpUp, .left): .mlpInputGradient
    case (.mlpUp, .right): .mlpUpWeightGradient
    case (.mlpDown, nil): .mlpDown
    case (.mlpDown, .left): .hiddenGradient
    case (.mlpDown, .right): .mlpDownWeightGradient
    case (.classifier, _), (nil, _): .fused
    }
  }
}
