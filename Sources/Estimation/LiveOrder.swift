import TrainingStep

/// What is alive when, in one of the orders that the compiler may run a step in, as lines over depth.
struct LiveOrder: Sendable {
  /// The least a recomputation must free for the compiler to consider it (`xla_tpu_rematerialization_min_size_in_bytes`).
  static let leastRecomputed = 10 << 20

  /// The candidates that are the peak at some depth.
  let candidates: [PeakCandidate]
  /// What stays, at some depth, when automatic rematerialization has computed again all that it can.
  let floors: [LinearBytes]
  /// What those have beyond the floor of the candidates.
  let leftovers: LinearBytes
  let tail: GradientTail
  let regime: XLARegime
  let appliesHeadGradients: Bool
  /// Whether gradients are put off that could be applied at once: an order that does both may need less.
  let mayBeMixed: Bool

  /// What the end of the step holds, where results of updates wait there for their copies.
  let results: WaitingResults?

  init(
    _ model: borrowing StepModel, _ bytes: BufferBytes, _ sizes: AxisSizes, candidates: [PeakCandidate],
    floors: [LinearBytes]
  ) {
    self.candidates = candidates
    self.floors = floors
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

  init(_ model: borrowing StepModel, _ sizes: AxisSizes) {
    let bytes = BufferBytes(model, sizes)
    defer { bytes.deallocate() }
    let sums = CandidateSums(model, bytes)
    self.init(model, bytes, sizes, candidates: sums.candidates(), floors: sums.floors())
  }

  /// The most temporaries alive over a step of `depth` blocks, but for waiting results: what the compiler chooses an order by.
  @inline(__always)
  func livePeak(_ depth: Int) -> LivePeak? {
    candidates.withUnsafeBufferPointer { candidates in
      floors.withUnsafeBufferPointer { floors in
        livePeak(depth, DominantCandidates(candidates: candidates, floors: floors))
      }
    }
  }

  /// The same with the candidates of one depth alone; nil where those cannot tell.
  @inline(__always)
  func livePeak(_ depth: Int, _ candidates: some PeakCandidates) -> LivePeak? {
    let gradientBytes = tail.gradients(depth)
    let headIsApplied = appliesHeadGradients && gradientBytes > GradientTail.bucketBytes
    guard let top = candidates.peak(depth, headIsApplied: headIsApplied) else { return nil }
    return LivePeak(
      top: top, end: tail.most(depth, atLeast: top.live), headIsApplied: headIsApplied, gradientBytes: gradientBytes)
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

  // Of queries, keys and values about half of one stays a block, seen in logs; copies of them, and the images, can only be
  // laid out anew.
  private static func leftovers(_ model: borrowing StepModel, _ bytes: BufferBytes) -> LinearBytes {
    var floor = LinearBytes()
    guard let query = model.plan.query, let denseQuery = model.plan.denseQuery else { return floor }
    if model.regime.copiesQueries {
      let saved = bytes.padded[query] &- bytes.padded[denseQuery]
      if saved >= leastRecomputed {
        floor.constant &+= 4 &* saved
        floor.perBlock &-= 4 &* saved
      }
    } else if bytes.padded[query] >= leastRecomputed {
      floor.constant &-= bytes.padded[query] / 2
      floor.perBlock &+= bytes.padded[query] / 2
    }
    if let images = model.plan.images, let denseImages = model.plan.denseImages {
      let saved = bytes.padded[images] &- bytes.padded[denseImages]
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
  var end: (total: Int, gradients: Int, isFirst: Bool)
  /// Whether gradients of the head are applied before the candidates' instants.
  var headIsApplied: Bool
  /// All gradients of parameters.
  var gradientBytes: Int

  /// The larger of both.
  var live: Int { max(top.live, end.total) }
}
