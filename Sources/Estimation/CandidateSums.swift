import VisionTransformer

/// The bytes of a plan's candidates, summed for given sizes.
struct CandidateSums {
  /// In the order of `StepPlan.Role`.
  private struct Sum {
    var live = LinearBytes()
    /// What every block can recompute, a block.
    var recomputable = 0
    var headGradients = 0
    var inPlace = 0
  }

  /// The quantities that decide dominance: the total at both ends of the depth range, and what may be subtracted.
  private struct Ends {
    var number = 0
    var first = 0
    var last = 0
    var inPlace = 0
    var applied = 0
  }

  private let plan: Table<StepPlan.CandidatePlan>
  private let terms: Table<StepPlan.Term>
  private let bytes: BufferBytes
  private let sums: UnsafeMutableBufferPointer<Sum>

  /// Sums all candidates of a model's plan in the memory of `bytes`, which must outlive the sums.
  init(_ model: borrowing StepModel, _ bytes: BufferBytes) {
    plan = model.plan.candidates
    terms = model.plan.terms
    self.bytes = bytes
    sums = UnsafeMutableBufferPointer(
      start: UnsafeMutableRawPointer(bytes.sums).bindMemory(to: Sum.self, capacity: plan.count), count: plan.count)
  }

  /// The candidates that are the peak at some depth, in the plan's order.
  func candidates() -> [PeakCandidate] {
    withUnsafeTemporaryAllocation(of: Ends.self, capacity: sums.count) { kept in
      var count = 0
      for number in sums.indices where plan[number].isPeak {
        count = Self.keep(ends(number), kept, count) { Self.isBelow($0, $1) }
      }
      return (0..<count).map { candidate(kept[$0].number) }
    }
  }

  /// The lines of the floor that are highest at some depth.
  func floors() -> [LinearBytes] {
    withUnsafeTemporaryAllocation(of: LinearBytes.self, capacity: sums.count) { kept in
      var count = 0
      for number in sums.indices where plan[number].isFloor {
        count = Self.keep(floor(number), kept, count) { $0(1) <= $1(1) && $0(Self.most) <= $1(Self.most) }
      }
      return Array(kept[..<count])
    }
  }

  private static var most: Int { Configuration.Limits.depth }

  // What the block being differentiated needs at that instant stays in any case.
  @inline(__always)
  private func floor(_ number: Int) -> LinearBytes {
    let sum = sums[number]
    return LinearBytes(
      constant: sum.live.constant &+ sum.recomputable, perBlock: sum.live.perBlock &- sum.recomputable)
  }

  // Adds an element unless a kept one dominates it, and removes those that it dominates.
  @inline(__always)
  private static func keep<Element>(
    _ element: Element, _ kept: UnsafeMutableBufferPointer<Element>, _ count: Int,
    isBelow: (Element, Element) -> Bool
  ) -> Int {
    for index in 0..<count where isBelow(element, kept[index]) { return count }
    var left = 0
    for index in 0..<count where !isBelow(kept[index], element) {
      kept[left] = kept[index]
      left &+= 1
    }
    kept[left] = element
    return left &+ 1
  }

  // A line below another at both ends of the depth range is below it everywhere. Here that must also hold with
  // everything subtracted that may be subtracted from either.
  @inline(__always)
  private static func isBelow(_ a: Ends, _ b: Ends) -> Bool {
    let less = max(0, b.inPlace &- a.inPlace, b.applied &- a.applied)
    return a.first <= b.first &- less && a.last <= b.last &- less
  }

  @inline(__always)
  private func ends(_ number: Int) -> Ends {
    let sum = sums[number]
    return Ends(
      number: number, first: sum.live(1), last: sum.live(Self.most), inPlace: sum.inPlace, applied: applied(number))
  }

  // The head's gradients, if they are applied before this instant.
  @inline(__always)
  private func applied(_ number: Int) -> Int {
    plan[number].appliesHeadGradients ? sums[number].headGradients : 0
  }

  /// A candidate with the parts of the breakdown.
  func candidate(_ number: Int) -> PeakCandidate {
    let sum = sums[number]
    var result = PeakCandidate(
      instant: plan[number].instant, live: sum.live, headGradients: sum.headGradients,
      applied: applied(number), inPlace: sum.inPlace)
    let candidate = plan[number]
    var unpadded = LinearBytes()
    func total(_ range: Range<Int>) -> LinearBytes {
      var sum = LinearBytes()
      for index in range {
        let term = terms[index]
        sum.add(bytes[term.buffer], term.constant, term.perBlock)
        unpadded.add(bytes.unpadded(term.buffer), term.constant, term.perBlock)
      }
      return sum
    }
    result.activations = total(candidate.terms.lowerBound..<candidate.firstGradient)
    result.gradients = total(candidate.firstGradient..<candidate.firstWorkspace)
    let workspace = total(candidate.firstWorkspace..<candidate.terms.upperBound)
    result.padding = result.activations + result.gradients + workspace - unpadded
    return result
  }
}

/// For one depth alone, finding which candidates are the peak at other depths would be wasted.
extension CandidateSums: PeakCandidates {
  /// The first of the candidates with the most bytes, with or without the head's applied gradients.
  ///
  /// - Returns: nil if only dominance over all depths decides between equals.
  func peak(_ depth: Int, headIsApplied: Bool) -> (index: Int, live: Int)? {
    var peak = (index: 0, live: Int.min)
    var isUnique = false
    for number in sums.indices where plan[number].isPeak {
      let live = sums[number].live(depth) &- (headIsApplied ? applied(number) : 0)
      isUnique = live > peak.live || isUnique && live < peak.live
      if live > peak.live { peak = (number, live) }
    }
    return isUnique ? peak : nil
  }

  func unshared(_ depth: Int) -> Int {
    sums.indices.reduce(0) { most, number in
      plan[number].isPeak ? max(most, sums[number].live(depth) &- sums[number].inPlace) : most
    }
  }

  func floor(_ depth: Int, room: Int) -> Int {
    sums.indices.reduce(.min) { most, number in
      plan[number].isFloor ? max(most, floor(number)(depth)) : most
    }
  }
}
