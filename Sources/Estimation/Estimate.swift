import VisionTransformer

/// The model's answer for one configuration, with every part of the breakdown.
///
/// Fields are plain integers and doubles, so that a grid of millions of estimates allocates nothing; `result(for:)`
/// gives the self-describing form. All bytes are of one core.
public struct Estimate: Sendable, Hashable {
  /// Whether it fits.
  public var verdict: Verdict
  /// Why the verdict is uncertain, or a caveat about it.
  public var caveat: Caveat?
  /// Trainable parameters: body, head and classifier.
  public var parameterCount: Int
  /// Bytes of the whole step, packing included, after automatic rematerialization.
  public var total: Int
  /// Bytes available.
  public var limit: Int
  /// Parameters, optimizer state and live temporaries at the peak, before automatic rematerialization.
  ///
  /// Counted as in the compiler's log: without images and labels, and with separate bytes for the gradient of the MLP's
  /// hidden layer, although the allocation writes it over the hidden layer. The parts below add up to `total`, not to
  /// this.
  public var livePeak: Int
  /// Parameters with tile padding.
  public var parameters: Int
  /// Optimizer state with tile padding.
  public var optimizerState: Int
  /// Images and labels with tile padding.
  public var inputs: Int
  /// Activations kept from the forward pass that are alive at the peak.
  public var activations: Int
  /// Gradients of parameters alive at the peak.
  public var gradients: Int
  /// Other temporaries alive at the peak.
  public var workspace: Int
  /// Bytes that the heap packer adds.
  public var packing: Int
  /// Temporaries that stay in vector or common memory at the peak, and are in no part.
  public var inVectorMemory: Int
  /// Bytes of the program itself, as the limit of rematerialization allows for; too rough to report.
  public var code: Int
  /// Tile padding within the parts above.
  public var paddingWaste: Int
  /// The event of the step at the peak.
  public var peak: Instant
  /// Whether another order of the step needs nearly the same memory (`LiveOrder`), so that the compiler may mix the
  /// two.
  public var isContested: Bool
  /// Whether the step was scheduled by the compiler's own algorithm, for want of a closed form: blocks are recomputed, with
  /// one image or few tokens, or under descent.
  public var isScheduled: Bool
  /// What the compiler recomputes by itself; nil if the live peak stays under its limit.
  public var rematerialized: RematerializationEstimate?
  /// Forward FLOPs of one image.
  public var flopsPerImage: Double
  /// Seconds a step, recomputation and all-reduce included.
  public var stepSeconds: Double
  /// Seconds of the gradients' all-reduce within `stepSeconds`; the compiler counts none for it.
  public var allReduceSeconds: Double

  /// Parameters, optimizer state and inputs.
  public var arguments: Int { parameters + optimizerState + inputs }

  /// The live peak above which automatic rematerialization starts, whether or not this step exceeds it.
  package var rematerializationLimit: Int { Self.rematerializationLimit(limit: limit, inputs: inputs, code: code) }

  /// Source: the limit in the compiler's own log, to 0.2 % (Facts, "Automatic rematerialization").
  @inline(__always)
  static func rematerializationLimit(limit: Int, inputs: Int, code: Int) -> Int {
    Int(0.95 * Double(limit)) &- inputs &- code
  }

  /// Placeholder; every field is overwritten.
  public static let blank = Estimate(
    verdict: .uncertain, caveat: nil, parameterCount: 0, total: 0, limit: 0, livePeak: 0, parameters: 0,
    optimizerState: 0, inputs: 0, activations: 0, gradients: 0, workspace: 0, packing: 0, inVectorMemory: 0, code: 0,
    paddingWaste: 0,
    peak: .forward, isContested: false, isScheduled: false, rematerialized: nil,
    flopsPerImage: 0, stepSeconds: 0, allReduceSeconds: 0)
}

/// The model's expectation of automatic rematerialization.
public struct RematerializationEstimate: Sendable, Hashable {
  /// The live peak at which it starts, R.
  public var startsAt: Int
  /// The lowest peak it could reach: the largest instant without anything that can be recomputed.
  public var floor: Int
  /// Whether gradients, rather than activations, determine that floor.
  public var floorIsGradients: Bool
  /// Whether results of updates that wait for the end determine it: the compiler's log then reports less than its
  /// program keeps.
  public var floorIsResults: Bool
  /// Bytes that it recomputes instead of keeping.
  public var recomputedBytes: Int
  /// Seconds that it costs a step; part of `stepSeconds`.
  public var seconds: Double
}

/// Why a verdict is uncertain or less reliable.
public enum Caveat: String, Sendable, Hashable, CaseIterable {
  /// The total is within the model's own error of the limit.
  case withinModelError = "within the model's own error of the limit"
  /// Steps of more blocks than `ScheduledSeries.mostBlocks` whose order has no closed form are not scheduled.
  case manyRecomputedBlocks =
    "more than 128 recomputed blocks of few tokens, or under descent, are uncertain until compiled"

  /// In float32 a device of `TPUFigures.writtenProducts` keeps the logits of long sequences once or twice, by no rule that is
  /// known.
  case longSequences = "long sequences in float32 are uncertain until compiled on this device"

  /// Whether the model makes no claim, so that its error here does not reflect on its other answers.
  package var makesNoClaim: Bool { self != .withinModelError }
}

/// Events of a training step where the peak can be.
public enum Instant: String, Sendable, Hashable, CaseIterable {
  /// Within the forward pass.
  case forward = "the forward pass"
  /// Backward of the head, before that of the encoder.
  case headBackward = "the backward of the head"
  /// Backward of the last block's MLP, when all blocks' activations are alive.
  case lastMLPBackward = "the backward of the last block's MLP"
  /// Backward of the last block's attention.
  case lastAttentionBackward = "the backward of the last block's attention"
  /// Backward of the first block, when most gradients are alive.
  case firstBlockBackward = "the backward of the first block"
  /// The first all-reduce within the backward pass: a bucket of gradients exists twice, and most activations are still
  /// alive.
  case firstAllReduce = "the first all-reduce of gradients"
  /// Within the loop over the blocks' forward passes, if layers are scanned.
  case forwardLoop = "the forward loop"
  /// The backward of an MLP within the loop over the blocks.
  case loopMLPBackward = "the backward of an MLP in the loop"
  /// The backward of attention within the loop.
  case loopAttentionBackward = "the backward of attention in the loop"
  /// The all-reduce of a block's gradients within the loop.
  case loopAllReduce = "the all-reduce of a block's gradients in the loop"
  /// The end of the backward pass, where gradients wait for the all-reduce.
  case endOfBackward = "the end of the backward pass"
}
