/// An instant where the peak can be, with its bytes as lines over depth.
struct PeakCandidate: Sendable {
  var instant: Instant
  var live: LinearBytes
  /// Gradients of the head, and those of them that are applied before this instant.
  var headGradients: Int
  var applied: Int
  /// The gradient of the MLP's hidden layer, which the allocation writes over the hidden layer.
  var inPlace: Int
  var activations = LinearBytes()
  var gradients = LinearBytes()
  var padding = LinearBytes()
}

/// The instants of a step where the peak can be, with their bytes.
protocol PeakCandidates {
  /// Whether the all-reduces at the end of the backward pass are among them.
  var includesReductions: Bool { get }
  /// A candidate with the parts of the breakdown.
  func candidate(_ index: Int) -> PeakCandidate
  /// The most bytes of any candidate, excluding those that are written in place.
  func unshared(_ depth: Int) -> Int
  /// The most that stays after automatic rematerialization has recomputed all that it can, without leftovers.
  ///
  /// - Parameter room: Bytes of temporaries that fit.
  func floor(_ depth: Int, room: Int) -> Int
}

extension PeakCandidates {
  var includesReductions: Bool { false }
}

/// The candidates that are the peak, or the floor, at some depth.
struct DominantCandidates: PeakCandidates {
  let candidates: UnsafeBufferPointer<PeakCandidate>
  let floors: UnsafeBufferPointer<LinearBytes>

  /// The first of the candidates with the most bytes, with or without the head's applied gradients.
  @inline(__always)
  func peak(_ depth: Int, headIsApplied: Bool) -> (index: Int, live: Int) {
    var peak = (index: 0, live: Int.min)
    for index in candidates.indices {
      let live = candidates[index].live(depth) &- (headIsApplied ? candidates[index].applied : 0)
      if live > peak.live { peak = (index, live) }
    }
    return peak
  }

  @inline(__always)
  func candidate(_ index: Int) -> PeakCandidate { candidates[index] }

  @inline(__always)
  func unshared(_ depth: Int) -> Int { candidates.reduce(0) { max($0, $1.live(depth) &- $1.inPlace) } }

  @inline(__always)
  func floor(_ depth: Int, room: Int) -> Int { floors.reduce(.min) { max($0, $1(depth)) } }
}
