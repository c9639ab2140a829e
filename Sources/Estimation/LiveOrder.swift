import TrainingStep

/// The live bytes of a step in one of the orders that the compiler may take, as lines over depth, except for the
/// candidates of its peak. Not copyable, for the same reason as `StepForm`.
struct LiveOrder: ~Copyable, Sendable {
  /// The least that a recomputation must free for the compiler to consider it
  /// (`xla_tpu_rematerialization_min_size_in_bytes`).
  static let leastRecomputed = 10 << 20

  /// What the floor of rematerialization has in addition to that of the candidates.
  let leftovers: LinearBytes
  let tail: GradientTail
  let regime: XLARegime
  let appliesHeadGradients: Bool
  /// Whether gradients are deferred that could be applied at once: an order that does both may need less.
  let mayBeMixed: Bool

  /// Bytes at the end of the step, if results of updates wait there for their copies.
  let results: WaitingResults?

  init(_ model: borrowing StepModel, _ bytes: BufferBytes, _ sizes: AxisSizes) {
    leftovers = Self.leftovers(model, bytes)
    tail = GradientTail(model, padded: bytes, sizes: sizes)
    regime = model.regime
    results = WaitingResults(model, bytes, sizes, classifier: tail.classifier)
    appliesHeadGradients = model.regime.appliesHeadGradients
    mayBeMixed =
      model.structure.isWide(sizes) && !model.regime.eager && !model.regime.singleImage
      && model.structure.gradientClipping == .none
      && !model.structure.recomputesBlocks
  }

  /// The largest sum of live temporaries over a step of `depth` blocks, without waiting results: the quantity by which
  /// the compiler chooses an order.
  @inline(__always)
  func livePeak(_ depth: Int, _ candidates: DominantCandidates) -> LivePeak {
    let gradientBytes = tail.gradients(depth), headIsApplied = isHeadApplied(gradientBytes)
    return livePeak(
      depth, top: candidates.peak(depth, headIsApplied: headIsApplied), headIsApplied: headIsApplied, gradientBytes)
  }

  /// The same from the candidates of one depth alone; nil if those cannot decide.
  @inline(__always)
  func livePeak(_ depth: Int, _ candidates: CandidateSums) -> LivePeak? {
    let gradientBytes = tail.gradients(depth), headIsApplied = isHeadApplied(gradientBytes)
    guard let top = candidates.peak(depth, headIsApplied: headIsApplied) else { return nil }
    return livePeak(depth, top: top, headIsApplied: headIsApplied, gradientBytes)
  }

  @inline(__always)
  private func livePeak(
    _ depth: Int, top: (index: Int, live: Int), headIsApplied: Bool, _ gradientBytes: Int
  ) -> LivePeak {
    LivePeak(
      top: top, end: tail.most(depth, atLeast: top.live), headIsApplied: headIsApplied, gradientBytes: gradientBytes)
  }

  @inline(__always)
  private func isHeadApplied(_ gradientBytes: Int) -> Bool {
    appliesHeadGradients && gradientBytes > GradientTail.bucketBytes
  }

  /// Whether the compiler takes this order rather than the list's.
  ///
  /// - Parameters:
  ///   - first: The live peak of the list order.
  ///   - second: The live peak of this order.
  @inline(__always)
  func isTaken(_ first: Int, _ second: Int, depth: Int) -> Bool {
    second < max(first, results?.head(depth) ?? 0)
  }

  /// Whether both orders need nearly the same memory, so that the compiler may take a third, depth first, which mixes
  /// them and applies updates as it goes. The third is not modelled: it was seen where post order needs the least, or
  /// comes within 15 % of the list, and it needed up to a seventh less than either.
  ///
  /// Source: `Min-memory dfs sequence` in logs of libtpu 0.0.17.1; `Validation/evidence/tpu-v3-frontier.ndjson`, half-precision
  /// Adam at width 2560.
  @inline(__always)
  func isContested(_ first: Int, _ second: Int) -> Bool { mayBeMixed && second &* 100 <= first &* 115 }

  // In logs, about half of one of queries, keys and values stays in each block. Copies of them, and the images, can
  // only be laid out again.
  private static func leftovers(_ model: borrowing StepModel, _ bytes: BufferBytes) -> LinearBytes {
    var floor = LinearBytes()
    guard model.structure.layers == .unrolled else {
      floor.constant = -Self.compressible(model, bytes)
      return floor
    }
    guard let query = model.plan.query, let denseQuery = model.plan.denseQuery else { return floor }
    if model.regime.copiesQueries {
      let saved = bytes[query] &- bytes[denseQuery]
      if saved >= leastRecomputed {
        floor.constant &+= 4 &* saved
        floor.perBlock &-= 4 &* saved
      }
    } else if bytes[query] >= leastRecomputed {
      floor.constant &-= bytes[query] / 2
      floor.perBlock &+= bytes[query] / 2
    }
    floor.constant &-= compressible(model, bytes)
    return floor
  }

  // What the images' copy takes beyond the layout that pads least.
  private static func compressible(_ model: borrowing StepModel, _ bytes: BufferBytes) -> Int {
    guard let images = model.plan.images, let denseImages = model.plan.denseImages else { return 0 }
    let saved = bytes[images] &- bytes[denseImages]
    return saved >= leastRecomputed ? saved : 0
  }
}

/// The largest sum of live temporaries in one order of a step, in bytes.
struct LivePeak {
  /// The candidate instant with the most bytes.
  var top: (index: Int, live: Int)
  /// The most at the end of the backward pass or at the first all-reduce; may be zero if it is less than `top`.
  var end: ReductionPeak
  /// Whether gradients of the head are applied before the candidates' instants.
  var headIsApplied: Bool
  /// All gradients of parameters.
  var gradientBytes: Int

  /// The larger of the two.
  var live: Int { max(top.live, end.total) }
}

/// An order of a series with the candidates of its peak for all depths.
final class SeriesOrder: Sendable {
  let live: LiveOrder
  /// The candidates that are the peak at some depth.
  let candidates: [PeakCandidate]
  /// What stays, at some depth, after automatic rematerialization has recomputed all that it can.
  private let floors: [LinearBytes]

  init(_ model: borrowing StepModel, _ bytes: BufferBytes, _ sizes: AxisSizes) {
    let sums = CandidateSums(model, bytes)
    live = LiveOrder(model, bytes, sizes)
    candidates = sums.candidates()
    floors = sums.floors()
  }

  /// The largest sum of live temporaries over a step of `depth` blocks, without waiting results.
  @inline(__always)
  func livePeak(_ depth: Int) -> LivePeak {
    withCandidates { live.livePeak(depth, $0) }
  }

  @inline(__always)
  func withCandidates<Result>(_ body: (DominantCandidates) -> Result) -> Result {
    candidates.withUnsafeBufferPointer { candidates in
      floors.withUnsafeBufferPointer { floors in
        body(DominantCandidates(candidates: candidates, floors: floors))
      }
    }
  }
}
