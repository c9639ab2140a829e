import TrainingStep

/// The live bytes over a step in which some buffers are recomputed rather than kept, until its peak is down to where
/// automatic rematerialization stops.
///
/// The model does not know which buffers the compiler picks. This takes them in the order of `RecomputationPrices`, and
/// each kind block by block from the images on, where a buffer waits longest for its backward; the last block keeps its
/// own.
struct RematerializedCurve {
  /// Live bytes at each event.
  let bytes: [Int]
  /// Whether the curve exceeded the peak that the model predicts and was cut off there.
  let isCapped: Bool

  /// An event of the step: its live bytes before rematerialization, and its position in the walk's order.
  struct Event {
    var position: Int
    var bytes: Int
  }

  init(_ walk: LivenessWalk, _ events: [Event], sizes: AxisSizes, depth: Int, target: Int) {
    let candidates = Self.candidates(walk, sizes, depth: depth)
    func after(_ count: Int) -> [Int] { Self.bytes(events, without: candidates.prefix(count), of: walk.order.count) }
    func excess(_ bytes: [Int]) -> Int { bytes.reduce(0) { max($0, $1 - target) } }
    // The peak falls with every buffer that is not kept.
    var enough = 0, most = candidates.count
    while enough < most {
      let middle = (enough + most) / 2
      if excess(after(middle)) > 0 { enough = middle + 1 } else { most = middle }
    }
    var bytes = after(enough)
    let isReached = excess(bytes) == 0
    if enough > 0, isReached {
      // Of the last buffer only the needed part, so that the peak equals the model's figure.
      let before = after(enough - 1), needed = excess(before), gap = candidates[enough - 1].gap
      for index in bytes.indices where gap.contains(events[index].position) { bytes[index] = before[index] - needed }
    }
    isCapped = !isReached
    self.bytes = isReached ? bytes : bytes.map { min($0, target) }
  }

  private struct Candidate {
    var rank: Int
    var block: Int
    var bytes: Int
    var gap: Range<Int>
  }

  private static func candidates(_ walk: LivenessWalk, _ sizes: AxisSizes, depth: Int) -> [Candidate] {
    walk.lifetimes.compactMap { lifetime in
      let operation = walk.program.operations[walk.order[lifetime.start]]
      guard let gap = lifetime.gap, let block = operation.scope.block, block < depth - 1 else { return nil }
      let isFirst =
        operation.scope.part == .mlp || walk.program[operation.outputs[0]].type.axes.last == .keyTokens
      return Candidate(rank: isFirst ? 0 : 1, block: block, bytes: lifetime.buffer.bytes(sizes), gap: gap)
    }
    .sorted { ($0.rank, -$0.bytes, $0.block, $0.gap.lowerBound) < ($1.rank, -$1.bytes, $1.block, $1.gap.lowerBound) }
  }

  private static func bytes(_ events: [Event], without freed: some Sequence<Candidate>, of count: Int) -> [Int] {
    var change = Array(repeating: 0, count: count + 1)
    for candidate in freed {
      change[candidate.gap.lowerBound] += candidate.bytes
      change[candidate.gap.upperBound] -= candidate.bytes
    }
    var sum = 0
    let freedAt = change.map { difference in
      sum += difference
      return sum
    }
    return events.map { $0.bytes - freedAt[min($0.position, count)] }
  }
}
