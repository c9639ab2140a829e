import VisionTransformer

/// The bytes of a plan's candidates, summed for given sizes.
struct CandidateSums {
  private struct Sum {
    var live = LinearBytes()
    /// What every block can compute again, a block.
    var recomputable = 0
    var headGradients = 0
    var inPlace = 0
  }

  /// What decides dominance of a candidate: all of it at both ends of the depths, and what may be taken off.
  private struct Ends {
    var number = 0
    var first = 0
    var last = 0
    var inPlace = 0
    var applied = 0
  }

  private let model: StepModel
  private let bytes: BufferBytes
  private let sums: UnsafeMutableBufferPointer<Sum>

  /// Sums all candidates of a model's plan; `deallocate` gives the room back.
  init(_ model: StepModel, _ bytes: BufferBytes) {
    self.model = model
    self.bytes = bytes
    let sums = UnsafeMutableBufferPointer<Sum>.allocate(capacity: model.plan.candidates.count)
    self.sums = sums
    model.plan.candidates.withUnsafeBufferPointer { candidates in
      model.plan.changes.withUnsafeBufferPointer { changes in
        model.plan.marks.withUnsafeBufferPointer { marks in
          for index in candidates.indices {
            let parent = candidates[index].parent.map { sums[$0] } ?? Sum()
            sums[index] = Self.sum(candidates[index], parent, changes, marks, bytes)
          }
        }
      }
    }
  }

  /// Gives the room of the sums back.
  func deallocate() { sums.deallocate() }

  @inline(__always)
  private static func sum(
    _ candidate: StepPlan.CandidatePlan, _ parent: Sum, _ changes: UnsafeBufferPointer<StepPlan.Change>,
    _ marks: UnsafeBufferPointer<StepPlan.Mark>, _ bytes: BufferBytes
  ) -> Sum {
    var sum = parent
    for index in candidate.changes {
      let change = changes[index]
      sum.live.add(bytes[change.buffer], change.constant, change.perBlock)
    }
    for index in candidate.marks {
      let mark = marks[index]
      let bytes = bytes[mark.buffer]
      switch mark.role {
      case .recomputable: sum.recomputable &+= bytes >= DepthSeries.leastRecomputed ? bytes &* mark.count : 0
      case .headGradient: sum.headGradients &+= bytes &* mark.count
      case .hiddenGradient: sum.inPlace &+= bytes &* mark.count
      }
    }
    return sum
  }

  /// The candidates that are the peak at some depth, in the plan's order.
  func candidates() -> [DepthSeries.Candidate] {
    withUnsafeTemporaryAllocation(of: Ends.self, capacity: max(1, sums.count)) { kept in
      var count = 0
      for number in sums.indices where model.plan.candidates[number].isPeak {
        let ends = ends(number, applied(number))
        count = Self.keep(ends, kept, count) { Self.isBelow($0, $1) }
      }
      return (0..<count).map { candidate(kept[$0].number) }
    }
  }

  /// The lines of the floor that are the highest at some depth, with `leftovers` added to each.
  func floors(leftovers: LinearBytes) -> [LinearBytes] {
    withUnsafeTemporaryAllocation(of: LinearBytes.self, capacity: max(1, sums.count)) { kept in
      var count = 0
      for number in sums.indices where model.plan.candidates[number].isFloor {
        let sum = sums[number]
        // What the block in whose backward the instant lies needs is there in any case.
        let floor = LinearBytes(
          constant: sum.live.constant &+ sum.recomputable, perBlock: sum.live.perBlock &- sum.recomputable)
        count = Self.keep(floor, kept, count) { $0(1) <= $1(1) && $0(Self.most) <= $1(Self.most) }
      }
      return (0..<count).map { kept[$0] + leftovers }
    }
  }

  private static var most: Int { Configuration.Limits.depth }

  // Adds an element that is below none of the kept ones, and drops those that are below it.
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

  // A line that lies below another at both ends of the depths lies below it everywhere, here also with everything taken off
  // that may be taken off either.
  @inline(__always)
  private static func isBelow(_ a: Ends, _ b: Ends) -> Bool {
    let less = max(0, b.inPlace &- a.inPlace, b.applied &- a.applied)
    return a.first <= b.first &- less && a.last <= b.last &- less
  }

  @inline(__always)
  private func ends(_ number: Int, _ applied: Int) -> Ends {
    let sum = sums[number]
    return Ends(
      number: number, first: sum.live(1), last: sum.live(Self.most), inPlace: sum.inPlace, applied: applied)
  }

  // The head's gradients, where they are applied before this instant.
  @inline(__always)
  private func applied(_ number: Int) -> Int {
    model.regime.appliesHeadGradients && model.plan.candidates[number].instant == .lastAttentionBackward
      ? sums[number].headGradients : 0
  }

  // With the parts of the breakdown.
  private func candidate(_ number: Int) -> DepthSeries.Candidate {
    let sum = sums[number]
    var result = DepthSeries.Candidate(
      instant: model.plan.candidates[number].instant, live: sum.live, headGradients: sum.headGradients,
      applied: applied(number), inPlace: sum.inPlace)
    let plan = model.plan.candidates[number]
    model.plan.terms.withUnsafeBufferPointer { terms in
      for index in plan.terms {
        let term = terms[index]
        result.padding.add(bytes.waste[term.buffer], term.constant, term.perBlock)
      }
      for index in plan.terms.lowerBound..<plan.firstGradient {
        let term = terms[index]
        result.activations.add(bytes[term.buffer], term.constant, term.perBlock)
      }
      for index in plan.firstGradient..<plan.firstWorkspace {
        let term = terms[index]
        result.gradients.add(bytes[term.buffer], term.constant, term.perBlock)
      }
    }
    return result
  }
}
