import TrainingStep
import VisionTransformer

/// The choices that XLA:TPU makes by size: the order of its memory scheduler, and the layouts of tensors.
///
/// Each is a rule over sizes, read off scheduled programs of libtpu 0.0.17.1 (Facts, "Order of the step", and
/// `Validation/evidence`). The program's buffers and order change between regimes, never within one.
struct XLARegime: Sendable, Hashable {
  /// When the classifier's weight gradient is computed.
  enum ClassifierGradient: UInt8, Sendable, Hashable {
    /// At the start of the backward pass, as soon as possible.
    case atOnce
    /// After the last block's MLP.
    case afterMLP
    /// At the end; until then the logits' gradient is kept instead.
    case last
  }

  /// Whether weight gradients are computed as soon as their operands exist; otherwise they come after all blocks' input
  /// gradients, because they are larger than the operands that they would free.
  var eager: Bool
  var classifierGradient: ClassifierGradient
  /// Whether attention gradients are applied as soon as their bucket is reduced, because an update's results take less
  /// than the next large tensor on the way down: an MLP kernel's gradient, or that of the hidden layer. An update keeps
  /// the priority it had when it became ready. Freeing its gradient did not count then, except under Adafactor, whose
  /// updates become ready only after their statistics. Beside a narrow MLP nothing on the way down takes as much as an
  /// update, and all gradients stay to the end. Source: `Schedule instruction` with its bytes freed, in logs of libtpu
  /// 0.0.17.1. No log of plain descent, whose results are small, was read; it is taken to keep its updates for the end.
  var appliesAttentionAtOnce: Bool
  /// Whether the weight gradients of a MAP head's MLP are computed last: their operands, of one token an image, are
  /// small, and a kernel costs more than the gradient of a block's MLP hidden layer, the next large tensor on the way
  /// down.
  var headMLPLast: Bool
  /// Whether those of a MAP head's attention are computed last too, because each costs more than the next large tensor.
  var headAttentionLast: Bool
  /// Whether finished attention gradients are applied before a MAP head's MLP gradients that were left to the end.
  var appliesAttentionForHeadMLP: Bool
  /// Whether finished attention gradients are applied before a classifier's gradient that was left to the end.
  var appliesAttentionForClassifier: Bool
  /// Whether finished gradients of MLP kernels are applied before it too.
  var appliesMLPForClassifier: Bool
  /// Whether finished buckets of gradients are applied before an operation as large as the attention logits, because
  /// that frees more than it takes: the head's gradients are then gone when the last block's attention runs.
  var appliesHeadGradients: Bool
  /// Whether the gradient of the attention logits is written, rather than computed twice from its operands. Both the
  /// memory and the time model use this. A device says from which ratio of logits to queries on; one image never does.
  /// Source: `AttentionWrite`, the device's file.
  var writesLogitsGradient: Bool
  /// Whether the softmax of attention is written, and kept beside the logits for the gradient of the values.
  var writesSoftmax: Bool
  /// Whether queries, keys and values stay in the activations' type; where they are copies, they are rounded all the same.
  var writesProducts: Bool
  /// Whether the logits are kept before scaling too.
  var keepsUnscaledLogits: Bool
  /// Whether images, rather than tokens, are on the sublanes of (B, T, X) tensors.
  var batchMajor: Bool
  /// Whether queries, keys and values have the batch on sublanes.
  var batchMajorQueries: Bool
  /// Whether queries, keys and values are copies of batch-major projections, which nothing can recompute.
  var copiesQueries: Bool { batchMajor && !batchMajorQueries }
  /// Whether the attention output may have the batch on lanes.
  var batchLanesOutput: Bool
  /// Whether the bfloat16 copies of projection kernels are kept for the backward pass: their heads are on sublanes
  /// without padding, because the head's width would be padded there or fills whole lanes.
  /// Source: buffers alive at the peak of scheduled programs; 16, 8 and 4 heads of 60 to 156 against 12, 10 and 6 heads of 100 to
  /// 130 in `Validation/evidence/tpu-v3-odd-heads.ndjson`.
  var keepsKernels: Bool
  /// Whether the copy of the output projection's kernel is among them.
  var keepsOutputKernel: Bool
  /// Whether a bfloat16 copy of the images is kept until the end. Source: `TPUFigures.copiedImages`, the device's file.
  var copiesImages: Bool
  /// Whether the bfloat16 images have the batch on lanes.
  var imagesOnLanes: Bool
  /// Whether a scanned block that is recomputed leaves the gradient of a kernel of its MLP to the end, and the hidden layer
  /// with it: the compiler then takes another order than its list.
  /// Source: scanned steps of which the compiler's order was read: all nine with copies of queries and an odd number of
  /// tokens beyond 128, three more with a hidden layer of 0.7 of the logits and up, and 2 of 50 others.
  var defersScannedMLP: Bool
  /// Whether there is a single image, whose rows and columns are then the minor dimensions.
  var singleImage: Bool

  /// Where products are written, the logits before scaling are kept up to about 93 / 10 of the bytes of a query. Of 36
  /// steps (768 wide, heads of 32 to 256, `compile --graph`) all keep them up to `knownTokens`; beyond, heads of 128 do so or
  /// not by no rule that was found.
  private static var unscaledLogits: (Int, Int) { (93, 10) }
  private static var knownTokens: Int { 289 }

  /// Whether it is not known if the unscaled logits are kept.
  static func isOpen(_ structure: StepStructure, _ sizes: AxisSizes, _ tpu: borrowing TPUFigures) -> Bool {
    structure.precision == tpu.writtenProducts?.precision && sizes[.tokens] > knownTokens
  }

  /// The choices for a structure and sizes on a device with the figures `tpu`.
  init(_ structure: StepStructure, _ sizes: AxisSizes, _ tpu: borrowing TPUFigures) {
    let b = sizes[.batch], t = sizes[.tokens], d = sizes[.width], head = sizes[.headWidth], h = sizes[.heads]
    let image = sizes[.imageRows]
    let isHalf = structure.precision == .bfloat16
    let surplus = structure.updateSurplus
    func plane(_ second: Int, _ minor: Int, _ element: ElementType) -> Int {
      TileLayout.sublanes(second, element) * TileLayout.lanes(minor) * element.size
    }
    eager = 2 * b * t >= d && b > 1
    let batchRatio = Double(roundUp(b, 128)) / Double(b), tokenRatio = Double(roundUp(t, 128)) / Double(t)
    batchMajor = t % 128 != 0 && batchRatio <= tokenRatio && !(t % 8 == 0 && b % 128 != 0)
    batchMajorQueries = batchMajor && batchRatio >= Double(roundUp(head, 128)) / Double(head)
    batchLanesOutput =
      batchMajor && plane(head, t, .bfloat16) <= plane(t, head, .bfloat16) && b > 2 * t
    keepsKernels = isHalf && (h % 8 == 0 || h == 2 || h == 4) && (head % 128 == 0 || head % 8 != 0)
    keepsOutputKernel = keepsKernels && head % 8 != 0
    imagesOnLanes = batchRatio < Double(roundUp(image, 128)) / Double(image)
    defersScannedMLP = false
    singleImage = b == 1
    // Steps of recomputed blocks copy from about half as many on.
    copiesImages =
      b >= tpu.copiedImages
      || structure.recomputesBlocks && structure.layers == .unrolled && 2 * b > tpu.copiedImages

    let kernel = min(plane(d, sizes[.classes], structure.activation), plane(sizes[.classes], d, structure.activation))
    let logitsGradient = min(plane(b, sizes[.classes], .bfloat16), plane(sizes[.classes], b, .bfloat16))
    let up = min(plane(d, sizes[.mlpWidth], structure.activation), plane(sizes[.mlpWidth], d, structure.activation))
    let residual = TileLayout.bytes(b, t, d, structure.activation)
    let cost = kernel - logitsGradient
    let attention = b * h * plane(t, t, structure.activation)
    let queryPlane = min(plane(t, head, .bfloat16), plane(head, t, .bfloat16))
    let query = b * h * queryPlane
    func writes(_ write: AttentionWrite?) -> Bool {
      guard let write, write.precision == structure.precision, b > 1 else { return false }
      return Double(plane(t, t, .bfloat16)) > write.ratio * Double(queryPlane)
    }
    writesSoftmax = writes(tpu.writtenSoftmax) && !structure.recomputesBlocks
    writesLogitsGradient = writes(tpu.writtenGradient)
    writesProducts = writes(tpu.writtenProducts)
    keepsUnscaledLogits =
      writesProducts && Self.unscaledLogits.1 * plane(t, t, .bfloat16) <= Self.unscaledLogits.0 * queryPlane
    if Double(cost) < 0.95 * Double(structure.head == .map ? max(residual, up) : up) {
      classifierGradient = .atOnce
    } else {
      classifierGradient = (isHalf ? 2 : 1) * cost < attention - query ? .afterMLP : .last
    }
    appliesHeadGradients =
      structure.gradientClipping == .none && surplus * Double(up) < Double(attention - query)
    let hidden = TileLayout.bytes(b, t, sizes[.mlpWidth], .bfloat16)
    headMLPLast = structure.head == .map && eager && !structure.recomputesBlocks && up > hidden
    // At the end everything costs something: the cheapest comes first, be it an update or one of the remaining
    // gradients.
    let applies = eager && structure.gradientClipping == .none && !structure.recomputesBlocks
    let attentionKernel =
      min(
        plane(h, head, structure.activation) * d, plane(d, head, structure.activation) * h,
        plane(head, d, structure.activation) * h)
    let attentionCost = surplus * Double(attentionKernel)
    // Adafactor's update becomes ready after its statistics, when the gradient counts as freed.
    let priority = structure.optimizer == .adafactor ? attentionCost : attentionCost + Double(attentionKernel)
    // The most expensive step on the way down through a block, if at each point the cheapest ready operation runs.
    let descent = max(min(up, max(hidden, residual)), query, attention - query)
    appliesAttentionAtOnce =
      applies && structure.optimizer != .sgd
      && priority < Double(structure.optimizer == .adafactor ? descent : min(up, hidden))
    headAttentionLast =
      structure.head == .map && eager && !structure.recomputesBlocks && Double(attentionKernel) > Double(descent)
    appliesAttentionForHeadMLP = headMLPLast && applies && attentionCost < Double(up)
    appliesAttentionForClassifier = classifierGradient == .last && applies && attentionCost < Double(cost)
    appliesMLPForClassifier =
      classifierGradient == .last && applies && surplus * Double(up) < Double(cost)
    if structure.layers == .scanned {
      scan(
        structure, sizes, classifier: kernel, hidden: TileLayout.bytes(b, t, sizes[.mlpWidth], structure.activation),
        logits: attention)
    } else if !eager {
      deferGradients()
    }
  }

  // Most choices of an unrolled step's order do not arise where blocks are loops. The head's gradients wait for the end of
  // the backward loop where there is a single image, and where a classifier is much larger than an MLP's kernel; otherwise
  // they come after it, or are applied before it.
  // Source: 96 steps drawn at random; of those whose classifier decides a hundredth of the peak all but two.
  private mutating func scan(_ structure: StepStructure, _ sizes: AxisSizes, classifier: Int, hidden: Int, logits: Int)
  {
    let kernel = TileLayout.bytes(1, sizes[.width], sizes[.mlpWidth], .float32)
    let isEarly = singleImage || !structure.recomputesBlocks && 2 * classifier > 13 * kernel
    eager = true
    deferGradients()
    classifierGradient = isEarly ? .atOnce : .last
    appliesHeadGradients = false
    keepsKernels = false
    keepsOutputKernel = false
    let tokens = sizes[.tokens]
    defersScannedMLP =
      structure.recomputesBlocks && copiesQueries && tokens > TileLayout.laneCount
      && (tokens % 2 == 1 || tokens % 8 != 0 && 5 * hidden >= 3 * logits)
  }

  /// The other order that the compiler may take for these sizes: it schedules both by list and by post order, and keeps
  /// the one that needs less memory.
  ///
  /// With about as many tokens as the model is wide, every kernel is smaller than its operands: the list, which
  /// computes gradients eagerly, needs less. If the width is more than about the number of tokens in a batch
  /// (`isWide`), a kernel costs the list more than the next input gradient, so that it defers kernels too.
  /// If the logits and the copies of kernels that a block's backward frees are larger than the gradients that post
  /// order leaves there, those of the hidden layer and of the residual stream, both orders peak in the last block.
  /// Source: `Min-memory list sequence`, `dfs` and `post order` in logs of libtpu 0.0.17.1, and the scheduled programs.
  func alternative(_ structure: StepStructure, _ sizes: AxisSizes) -> XLARegime? {
    guard structure.layers == .unrolled, eager, structure.isWide(sizes) || shrinksInPostOrder(structure, sizes) else {
      return nil
    }
    var other = self
    other.eager = false
    other.deferGradients()
    return other
  }

  // Whether, in post order, a block's backward leaves fewer bytes than it frees.
  private func shrinksInPostOrder(_ structure: StepStructure, _ sizes: AxisSizes) -> Bool {
    let b = sizes[.batch], t = sizes[.tokens], d = sizes[.width], head = sizes[.headWidth], h = sizes[.heads]
    // If kernels are small beside their operands, the list needs less in any case, except for its accounting at the
    // head.
    guard !structure.recomputesBlocks, !singleImage, 2 * d >= b * t || keepsOutputKernel && structure.head == .token
    else { return false }
    let left =
      TileLayout.bytes(b, t, sizes[.mlpWidth], .bfloat16) + 2 * TileLayout.bytes(b, t, d, structure.activation)
    let logits = b * h * TileLayout.sublanes(t, structure.activation) * TileLayout.lanes(t) * structure.activation.size
    let kernel = TileLayout.bytes(d, h, head, .bfloat16)
    return left <= logits + (keepsKernels ? (keepsOutputKernel ? 4 : 3) * kernel : 0)
  }

  /// Whether attention gradients are applied as they come, block by block; under Adafactor also where blocks are
  /// recomputed.
  func freesAttentionGradients(_ structure: StepStructure) -> Bool {
    appliesAttentionAtOnce
      || structure.recomputesBlocks && structure.optimizer == .adafactor && structure.gradientClipping == .none && eager
  }

  private mutating func deferGradients() {
    classifierGradient = singleImage ? .atOnce : .last
    headMLPLast = false
    headAttentionLast = false
    appliesAttentionAtOnce = false
    appliesAttentionForHeadMLP = false
    appliesAttentionForClassifier = false
    appliesMLPForClassifier = false
  }
}

extension StepStructure {
  /// Whether the width is more than 16/15 of the tokens of a batch, where the list defers gradients too.
  func isWide(_ sizes: AxisSizes) -> Bool { 16 * sizes[.batch] * sizes[.tokens] < 15 * sizes[.width] }

  /// Bytes that a kernel's update takes beyond those of the gradient that it frees, for each byte of that gradient: to
  /// the scheduler, the new parameter and the new moments are additional results.
  @inline(__always)
  var updateSurplus: Double {
    Double(ElementType.float32.size + optimizer.moments.bytesOfKernel) / Double(activation.size) - 1
  }
}
