import TrainingStep

/// What is alive when, in one of the orders that the compiler may run a step in, as lines over depth: all but the candidates of its
/// peak. Not copyable, as `StepForm` is not.
struct LiveOrder: ~Copyable, Sendable {
  /// The least a recomputation must free for the compiler to consider it (`xla_tpu_rematerialization_min_size_in_bytes`).
  static let leastRecomputed = 10 << 20

  /// What the floor of rematerialization has beyond that of the candidates.
  let leftovers: LinearBytes
  let tail: GradientTail
  let regime: XLARegime
  let appliesHeadGradients: Bool
  /// Whether gradients are put off that could be applied at once: an order that does both may need less.
  let mayBeMixed: Bool

  /// What the end of the step holds, where results of updates wait there for their copies.
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

  /// The most temporaries alive over a step of `depth` blocks, except for waiting results: what the compiler chooses an order by.
  @inline(__always)
  func livePeak(_ depth: Int, _ candidates: DominantCandidates) -> LivePeak {
    let gradientBytes = tail.gradients(depth), headIsApplied = isHeadApplied(gradientBytes)
    return livePeak(
      depth, top: candidates.peak(depth, headIsApplied: headIsApplied), headIsApplied: headIsApplied, gradientBytes)
  }

  /// The same with the candidates of one depth alone; nil where those cannot tell.
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

  /// Whether the compiler takes this order instead of the list.
  ///
  /// - Parameters:
  ///   - first: The live peak of the list.
  ///   - second: That of this order.
  @inline(__always)
  func isTaken(_ first: Int, _ second: Int, depth: Int) -> Bool {
    second < max(first, results?.head(depth) ?? 0)
  }

  /// Whether both orders need nearly the same, so that the compiler may take a third one, depth first, which mixes them and applies
  /// updates as it goes. It is not modelled: it was seen where post order needs the least, or within 15 % of the list, and needed up
  /// to a seventh less than either.
  ///
  /// Source: `Min-memory dfs sequence` in logs of libtpu 0.0.17.1; `Validation/evidence/tpu-v3-frontier.ndjson`, half-precision
  /// Adam at width 2560.
  @inline(__always)
  func isContested(_ first: Int, _ second: Int) -> Bool { mayBeMixed && second &* 100 <= first &* 115 }

  // Of queries, keys and values about half of one stays a block, seen in logs; copies of them, and the images, can only be
  // laid out anew.
  private static func leftovers(_ model: borrowing StepModel, _ bytes: BufferBytes) -> LinearBytes {
    var floor = LinearBytes()
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
    if let images = model.plan.images, let denseImages = model.plan.denseImages {
      let saved = bytes[images] &- bytes[denseImages]
      if saved >= leastRecomputed { floor.constant &-= saved }
    }
    return floor
  }
}

/// The most temporaries alive in one order of a step, in bytes.
struct LivePeak {
  /// The candidate instant with the most bytes.
  var top: (index: Int, live: Int)
  /// The most at the end of the backward pass, or at the first all-reduce; it may be zero where it is less than `top`.
  var end: ReductionPeak
  /// Whether gradients of the head are applied before the candidates' instants.
  var headIsApplied: Bool
  /// All gradients of parameters.
  var gradientBytes: Int

  /// The larger of both.
  var live: Int { max(top.live, end.total) }
}

/// An order of a series: with the candidates of its peak, for all depths.
final class SeriesOrder: Sendable {
  let live: LiveOrder
  /// The candidates that are the peak at some depth.
  let candidates: [PeakCandidate]
  /// What stays, at some depth, when automatic rematerialization has computed again all that it can.
  private let floors: [LinearBytes]

  init(_ model: borrowing StepModel, _ bytes: BufferBytes, _ sizes: AxisSizes) {
    let sums = CandidateSums(model, bytes)
    live = LiveOrder(model, bytes, sizes)
    candidates = sums.candidates()
    floors = sums.floors()
  }

  /// The most temporaries alive over a step of `depth` blocks, except for waiting results.
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
