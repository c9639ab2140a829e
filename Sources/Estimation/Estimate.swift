import VisionTransformer

/// What the model says of one configuration: every part of the breakdown, ready to be stored or printed.
///
/// Plain integers and doubles, so that a grid of millions of estimates allocates nothing; `result(for:)` gives the
/// self-describing form. All bytes are of one core.
public struct Estimate: Sendable, Hashable {
  /// Whether it fits.
  public var verdict: Verdict
  /// Why the verdict is uncertain, or what a reader must know of it.
  public var caveat: Caveat?
  /// Trainable parameters: body, head and classifier.
  public var parameterCount: Int
  /// Bytes of the whole step, packing included, after automatic rematerialization.
  public var total: Int
  /// Bytes there are.
  public var limit: Int
  /// Parameters, optimizer state and live temporaries at the peak, before automatic rematerialization.
  ///
  /// As the compiler's log counts it: without images and labels, and with the gradient of the MLP's hidden layer in bytes of its
  /// own, which the allocation writes over the hidden layer. The parts below add up to `total`, not to this.
  public var livePeak: Int
  /// Parameters with tile padding.
  public var parameters: Int
  /// Optimizer state with tile padding.
  public var optimizerState: Int
  /// Images and labels with tile padding.
  public var inputs: Int
  /// Kept by the forward pass and alive at the peak.
  public var activations: Int
  /// Gradients of parameters alive at the peak.
  public var gradients: Int
  /// Other temporaries alive at the peak.
  public var workspace: Int
  /// What the heap packer adds.
  public var packing: Int
  /// The program itself, as the limit of rematerialization allows for it; too rough to be an answer.
  public var code: Int
  /// Tile padding within the parts above.
  public var paddingWaste: Int
  /// The event of the step at which the peak stands.
  public var peak: Instant
  /// Whether another order of the step needs nearly the same memory (`LiveOrder`), so that the compiler may mix both.
  public var isContested: Bool
  /// Whether blocks are recomputed as asked where the compiler runs the step depth first, for one image or few tokens, and applies
  /// gradients as they come: which operands wait there for all-reduces is not modelled, and the live peak only bounded by evidence.
  public var recomputesDepthFirst: Bool
  /// What the compiler recomputes by itself; nil where the live peak stays under its limit.
  public var rematerialized: RematerializationEstimate?
  /// Forward FLOPs of one image.
  public var flopsPerImage: Double
  /// Seconds a step, recomputation and all-reduce included.
  public var stepSeconds: Double
  /// Of `stepSeconds`, the gradients' all-reduce, for which the compiler counts nothing.
  public var allReduceSeconds: Double

  /// Parameters, optimizer state and inputs.
  public var arguments: Int { parameters + optimizerState + inputs }

  /// Room for an estimate: nothing of it is an answer yet.
  public static let blank = Estimate(
    verdict: .uncertain, caveat: nil, parameterCount: 0, total: 0, limit: 0, livePeak: 0, parameters: 0,
    optimizerState: 0, inputs: 0, activations: 0, gradients: 0, workspace: 0, packing: 0, code: 0, paddingWaste: 0,
    peak: .forward, isContested: false, recomputesDepthFirst: false, rematerialized: nil,
    flopsPerImage: 0, stepSeconds: 0, allReduceSeconds: 0)
}

/// Automatic rematerialization, as the model expects it.
public struct RematerializationEstimate: Sendable, Hashable {
  /// The live peak at which it starts, R.
  public var startsAt: Int
  /// The least it could come down to: the largest instant without what can be recomputed.
  public var floor: Int
  /// Whether gradients make that floor, not activations.
  public var floorIsGradients: Bool
  /// Whether results of updates that wait for the end make it: the compiler's log then says less than its program keeps.
  public var floorIsResults: Bool
  /// Bytes it recomputes instead of keeping.
  public var recomputedBytes: Int
  /// Seconds a step that this costs; part of `stepSeconds`.
  public var seconds: Double
}

/// Why a verdict is uncertain, or speaks with less authority.
public enum Caveat: String, Sendable, Hashable, CaseIterable {
  /// The total is within the model's own error of the limit.
  case withinModelError = "within the model's own error of the limit"
  /// Scanned layers keep far more than unrolled ones; only a compile tells.
  case scannedLayers = "scanned layers are uncertain until compiled"
  /// The order in which recomputed blocks run and apply their gradients is not modelled for descent; estimates were seen from a
  /// quarter too low to two thirds too high, with momentum from a sixth too low to a quarter too high.
  /// Source: `Validation/evidence/tpu-v3-recomputed.ndjson`.
  case recomputedBlocks = "recomputed blocks are uncertain until compiled under sgd"

  /// Whether the model makes no claim at all: what it is off by then says nothing of its other answers.
  var makesNoClaim: Bool { self != .withinModelError }
}

/// Events of a training step at which the peak can stand.
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
  /// The first all-reduce amid the backward pass: a bucket of gradients is there twice, and most activations still are.
  case firstAllReduce = "the first all-reduce of gradients"
  /// The end of the backward pass, when gradients wait for the all-reduce.
  case endOfBackward = "the end of the backward pass"
}
