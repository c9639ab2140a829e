import Synchronization
import TrainingStep
import VisionTransformer

/// The end of the backward pass, where gradients wait for all-reduces. The compiler combines these into buckets, each
/// of which needs its operands and its results at once.
///
/// Not copyable, for the same reason as `StepForm`.
///
/// Kernels go into buckets of 120 MiB by first fit, block by block: a block's two MLP kernels, then its four attention
/// kernels; then the stem's and the classifier's, then those of a MAP head.
/// Source: combined all-reduces in scheduled programs of libtpu 0.0.17.1 (`Validation/evidence`).
struct GradientTail: ~Copyable, Sendable {
  /// Bytes up to which gradients are combined into one all-reduce.
  static let bucketBytes = 120 << 20

  // Never read. The atomic pins the struct to an address; otherwise the compiler copies it at every call, for every
  // depth.
  private let addressed = Atomic(false)

  /// All gradients of parameters.
  let gradients: LinearBytes
  /// Gradients that are still alive at the end of an eager backward pass.
  private let held: LinearBytes
  /// Gradients of biases and norms, all in the first bucket.
  private let small: LinearBytes
  private let mlpKernel: Int
  private let attentionKernel: Int
  /// The gradient of the classifier's kernel.
  let classifier: Int
  private let patchKernel: Int
  private let hasMAPHead: Bool
  /// The larger of a bucket and of the kernels that fill one on their own.
  private let largestBucket: Int
  /// The kernels of one block, and the reciprocal of their bytes.
  private let block: Int
  private let perBlockByte: Double
  /// What one block keeps for its deferred weight gradients.
  private let waiting: Int
  private let images: Int
  private let imagesOffLanes: Int
  /// The copy of a few images, if it is made only at the end for the gradient of the patches.
  private let lateImages: Int
  /// The images as the gradient of the patches reads them.
  private let convolvedImages: Int
  private let isEager: Bool
  private let isSingleImage: Bool
  private let isLate: Bool
  private let clips: Bool
  private let updatesImages: Bool
  private let recomputesBlocks: Bool
  /// Whether gradients are reduced block by block within a loop, so that nothing waits here.
  private let isLoop: Bool
  private let updatesFreeGradients: Bool
  /// Bytes alive at the first all-reduce within an eager backward pass, and the gradients among them.
  private let early: (live: LinearBytes, gradients: LinearBytes)
  /// Number of blocks whose gradients fill the first bucket, and the bucket's bytes.
  private let earlyBlocks: Int
  private let earlyBucket: Int
  /// Gradients of a MAP head's MLP that are computed after attention gradients are applied.
  private let lateHeadMLP: Int
  /// Gradients of kernels that are applied before a late classifier's gradient is computed.
  private let appliedForClassifier: LinearBytes

  /// - Parameter padded: Bytes of the plan's buffers.
  init(_ model: borrowing StepModel, padded: BufferBytes, sizes: AxisSizes) {
    let structure = model.structure, regime = model.regime
    clips = structure.gradientClipping == .globalNorm
    let kernels = model.plan.kernels
    gradients = padded[.gradients]
    held = gradients - padded[.freedGradients]
    small = padded[.vectorGradients]
    appliedForClassifier = padded[.appliedForClassifier]
    lateHeadMLP = padded[.lateHeadMLP].constant
    hasMAPHead = kernels.hasMAPHead
    mlpKernel = padded.of(kernels.mlp)
    attentionKernel = padded.of(kernels.attention)
    classifier = padded.of(kernels.classifier)
    patchKernel = padded.of(kernels.patch)
    largestBucket = max(Self.bucketBytes, mlpKernel, attentionKernel, classifier, patchKernel)
    block = 2 * mlpKernel + 4 * attentionKernel
    perBlockByte = block > 0 ? 1 / Double(block) : 0
    isEager = regime.eager
    isSingleImage = regime.singleImage
    isLate = regime.classifierGradient == .last
    updatesImages = structure.optimizer != .sgd
    recomputesBlocks = structure.recomputesBlocks
    isLoop = structure.layers == .scanned
    updatesFreeGradients = structure.updatesFreeGradients
    images = padded.of(model.plan.images)
    let batch = sizes[.batch], side = sizes[.imageRows]
    let offLanes =
      side * side * 2
      * min(
        TileLayout.sublanes(3, .bfloat16) * TileLayout.lanes(batch),
        TileLayout.sublanes(batch, .bfloat16) * TileLayout.lanes(3))
    imagesOffLanes = regime.copiesImages ? offLanes : 0
    lateImages = regime.copiesImages || isLoop || recomputesBlocks || isSingleImage ? 0 : offLanes
    convolvedImages = isSingleImage ? imagesOffLanes : images
    waiting = padded[.waiting].perBlock
    let perBlock = block, bucket = Self.bucket(mlpKernel, attentionKernel)
    earlyBucket = bucket
    earlyBlocks = perBlock > 0 && !isLoop ? Int(Double(bucket) * perBlockByte) + 2 : .max
    var live = LinearBytes(), early = LinearBytes()
    if isEager, !recomputesBlocks, bucket > 0 {
      live = padded[.afterLastBlock]
      early = padded[.gradientsAfterLastBlock]
      // Each further block leaves its gradients and frees what it kept; updates wait for the bucket.
      let more = (earlyBlocks - 1) &* block
      live.constant &+= more &- (earlyBlocks - 1) &* live.perBlock &+ bucket
      early.constant &+= more &+ bucket
      if regime.freesAttentionGradients(structure) {
        live.constant &+= 4 &* attentionKernel
        early.constant &+= 4 &* attentionKernel
      }
    }
    self.early = (live, early)
  }

  // The most bytes that the kernels of blocks fill a bucket with.
  private static func bucket(_ mlpKernel: Int, _ attentionKernel: Int) -> Int {
    guard mlpKernel > 0, attentionKernel > 0 else { return 0 }
    var most = max(mlpKernel, attentionKernel)
    let perByte = 1 / Double(attentionKernel)
    for kernels in 0...2 where kernels &* mlpKernel <= bucketBytes {
      let rest = bucketBytes &- kernels &* mlpKernel
      most = max(most, kernels &* mlpKernel &+ Int(Double(rest) * perByte) &* attentionKernel)
    }
    return most
  }

  /// Bytes alive at the first all-reduce within the backward pass of `depth` blocks, and the gradients among them; zero
  /// if there is none. Some of the other bytes can be recomputed.
  func earlyBytes(_ depth: Int) -> (total: Int, gradients: Int) {
    depth >= earlyBlocks ? (early.live(depth), early.gradients(depth)) : (0, 0)
  }

  /// The larger of the first all-reduce and the end of the backward pass, and whether it is the first.
  ///
  /// - Parameter least: The result may be zero if it is certainly not larger than this.
  @inline(__always)
  func most(_ depth: Int, atLeast least: Int) -> ReductionPeak {
    let first = depth >= earlyBlocks ? early.live(depth) : 0
    let end = bytes(depth, atLeast: max(least, first))
    return first > end.total
      ? ReductionPeak(total: first, gradients: early.gradients(depth), results: earlyBucket, isFirst: true) : end
  }

  /// Blocks whose backward has ended at the first all-reduce.
  var blocksBeforeEarly: Int { earlyBlocks }

  /// Bytes alive at the end of the backward pass of `depth` blocks.
  ///
  /// - Parameter least: The result may be zero if it is certainly not larger than this; the buckets are then not
  ///   filled.
  @inline(__always)
  func bytes(_ depth: Int, atLeast least: Int) -> ReductionPeak {
    if isLoop { return ReductionPeak(total: 0) }
    let reduced = reducedBytes(depth, atLeast: least), late = lateBytes(depth)
    return late > reduced.total ? ReductionPeak(total: late, gradients: late &- lateImages) : reduced
  }

  // Every gradient that waits when the last, that of the patches, is computed from a copy of the images made for it.
  @inline(__always)
  private func lateBytes(_ depth: Int) -> Int {
    guard lateImages > 0 else { return 0 }
    let all = gradients(depth)
    return lateImages + (clips ? all : isEager ? held(depth) : min(all, Self.bucketBytes))
  }

  @inline(__always)
  private func reducedBytes(_ depth: Int, atLeast least: Int) -> ReductionPeak {
    if isEager, !recomputesBlocks {
      let bound = held(depth) + max(Self.bucketBytes, classifier) + Self.bucketBytes / 8
      return bound <= least ? ReductionPeak(total: 0) : eagerBytes(depth)
    }
    return isEager ? eagerBytes(depth) : deferredBytes(depth)
  }

  /// The same total; nil if it is certainly smaller than `least`.
  @inline(__always)
  func total(_ depth: Int, unlessBelow least: Int) -> Int? {
    if isLoop { return nil }
    let late = lateBytes(depth)
    if isEager, !recomputesBlocks, max(late, held(depth) + max(largestBucket, small(depth))) < least { return nil }
    return max(late, (isEager ? eagerBytes(depth) : deferredBytes(depth)).total)
  }

  // All gradients exist when the first bucket is reduced; a classifier's gradient that was left to the end comes on
  // top.
  private func eagerBytes(_ depth: Int) -> ReductionPeak {
    let held = held(depth)
    var buckets = Buckets(self, depth)
    let first = buckets.next()
    guard recomputesBlocks else { return reduction(first, held: held, depth) }
    var most = reduction(first, held: held, stem: first.hasPatchKernel ? 0 : images, depth)
    // The images stay for the gradient of the patches, which comes last: a bucket that has it is not reduced before.
    if first.hasPatchKernel, convolvedImages + held > most.total {
      most = ReductionPeak(total: convolvedImages + held, gradients: held)
    }
    return most
  }

  // The reduction of the first bucket, and that of a late classifier's gradient.
  private func reduction(_ first: Buckets.Bucket, held: Int, stem: Int = 0, _ depth: Int) -> ReductionPeak {
    if updatesFreeGradients { return ReductionPeak(total: held) }
    if isLate, !first.hasClassifier {
      let early = held - classifier - lateHeadMLP + first.bytes, late = held - appliedForClassifier(depth) + classifier
      let total = max(early, late)
      return ReductionPeak(
        total: stem + total, gradients: total, results: early >= late ? first.bytes : classifier)
    }
    return ReductionPeak(
      total: stem + held + first.bytes, gradients: held + first.bytes, results: first.bytes)
  }

  // Bucket by bucket: its gradients are computed, reduced and applied while later blocks' operands still wait.
  private func deferredBytes(_ depth: Int) -> ReductionPeak {
    var buckets = Buckets(self, depth)
    let all = depth * block
    let operandsPerByte = all > 0 ? Double(depth) * Double(waiting) / Double(all) : 0
    var left = all
    var done = 0
    var needsImages = updatesImages
    // With one image, the head's gradients are still cheaper than their operands and wait for their buckets.
    var early = isSingleImage ? classifier + (hasMAPHead ? 2 * mlpKernel + attentionKernel : 0) : 0
    var most = ReductionPeak(total: 0)
    var allocated = 0, allocatedGradients = 0
    var embedsPatches = true
    while true {
      let bucket = buckets.next()
      guard bucket.bytes > 0 else { break }
      left -= bucket.encoderBytes
      let operands = Int(Double(max(0, left)) * operandsPerByte)
      // Its last gradient, that of the patches from the images, has just been computed.
      let others = max(0, early - (bucket.hasClassifier ? classifier : 0) - bucket.headBytes)
      let held = bucket.bytes + (clips ? done : 0) + others
      // Where blocks are left for other buckets, it was computed before this one was full.
      let read = bucket.hasPatchKernel && left <= 0 ? convolvedImages : images
      let withOperands = operands + held + (embedsPatches ? read : 0)
      if withOperands > allocated { (allocated, allocatedGradients) = (withOperands, held) }
      if withOperands > most.total { most = ReductionPeak(total: withOperands, gradients: held) }
      if bucket.hasPatchKernel { (needsImages, embedsPatches) = (false, false) }
      if bucket.hasClassifier, isSingleImage { early -= classifier }
      let gradients = 2 * bucket.bytes + (clips ? done : 0) + early
      let total = operands + gradients + (needsImages ? images : 0)
      if total > most.total { most = ReductionPeak(total: total, gradients: gradients) }
      done += bucket.bytes
      // A bucket frees fewer bytes of operands than it holds gradients. If those are applied at once, only a bucket
      // larger than the first can be worse: the classifier's, after all blocks.
      if !clips { break }
    }
    if !clips, classifier > Self.bucketBytes, 2 * classifier > most.total {
      most = ReductionPeak(total: 2 * classifier)
    }
    let convolution = imagesOffLanes + depth * min(waiting, block)
    if convolution > most.total { most = ReductionPeak(total: convolution, gradients: 0) }
    if convolution > allocated { (allocated, allocatedGradients) = (convolution, 0) }
    if allocated < most.total { (most.allocated, most.allocatedGradients) = (allocated, allocatedGradients) }
    return most
  }

  /// First fit of kernels into buckets, by count: kernels of one kind are interchangeable.
  private struct Buckets {
    struct Bucket {
      var bytes = 0
      var encoderBytes = 0
      var headBytes = 0
      var hasPatchKernel = false
      var hasClassifier = false
    }

    private let mlpKernel, attentionKernel, patchKernel, classifierKernel, block: Int
    private let perBlockByte: Double
    private var mlp, attention, headMLP, headAttention: Int
    private var patch, classifier: Bool
    private var small: Int

    init(_ tail: borrowing GradientTail, _ depth: Int) {
      mlpKernel = tail.mlpKernel
      attentionKernel = tail.attentionKernel
      patchKernel = tail.patchKernel
      classifierKernel = tail.classifier
      block = tail.block
      perBlockByte = tail.perBlockByte
      mlp = 2 * depth
      attention = 4 * depth
      headMLP = tail.hasMAPHead ? 2 : 0
      headAttention = tail.hasMAPHead ? 4 : 0
      patch = tail.patchKernel > 0
      classifier = tail.classifier > 0
      small = tail.small(depth)
    }

    mutating func next() -> Bucket {
      var bucket = Bucket(bytes: small)
      small = 0
      func room(for bytes: Int) -> Bool { bucket.bytes + bytes <= bucketBytes || bucket.bytes == 0 }
      func take(_ count: inout Int, _ bytes: Int, atMost limit: Int) -> Int {
        guard count > 0, bytes > 0 else { return 0 }
        let room = bucketBytes - bucket.bytes
        if room < bytes, bucket.bytes > 0 { return 0 }
        // A division would take longer than everything else here.
        var taken = min(count, limit)
        if taken &* bytes > room { taken = room / bytes }
        if taken == 0, bucket.bytes == 0 { taken = 1 }
        count -= taken
        bucket.bytes += taken * bytes
        return taken * bytes
      }
      let whole = min(mlp / 2, attention / 4, Int(Double(max(0, bucketBytes - bucket.bytes)) * perBlockByte))
      mlp -= 2 * whole
      attention -= 4 * whole
      bucket.bytes += whole * block
      bucket.encoderBytes += whole * block
      bucket.encoderBytes += take(&mlp, mlpKernel, atMost: 2)
      bucket.encoderBytes += take(&attention, attentionKernel, atMost: .max)
      if patch, room(for: patchKernel) {
        patch = false
        bucket.bytes += patchKernel
        bucket.hasPatchKernel = true
      }
      if classifier, room(for: classifierKernel) {
        classifier = false
        bucket.bytes += classifierKernel
        bucket.hasClassifier = true
      }
      bucket.headBytes += take(&headAttention, attentionKernel, atMost: .max)
      bucket.headBytes += take(&headMLP, mlpKernel, atMost: .max)
      return bucket
    }
  }
}

/// The most bytes alive around the all-reduces of gradients.
struct ReductionPeak {
  var total: Int
  /// The gradients among them, including results of all-reduces.
  var gradients: Int
  /// The most bytes that the allocation uses around them: it writes results over their operands, while the live peak
  /// counts both.
  ///
  /// Source: offsets in the buffer assignment of libtpu 0.0.17.1, all results of a program at those of their operands.
  var allocated: Int
  /// The gradients among `allocated`.
  var allocatedGradients: Int
  /// Whether it is the first all-reduce, within the backward pass.
  var isFirst: Bool

  /// - Parameters:
  ///   - gradients: nil if all bytes are gradients.
  ///   - results: Results of the all-reduce among the gradients.
  init(total: Int, gradients: Int? = nil, results: Int = 0, isFirst: Bool = false) {
    self.total = total
    self.gradients = gradients ?? total
    allocated = total - results
    allocatedGradients = self.gradients - results
    self.isFirst = isFirst
  }
}
