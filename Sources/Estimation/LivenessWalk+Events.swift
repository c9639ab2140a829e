import TrainingStep

/// What the live buffers of a walk are counted by: a buffer's number, and its purpose.
struct LiveKind: Sendable, Hashable {
  var buffer: Int
  var purpose: Purpose
}

/// The kinds of the live buffers of some walks, by buffer and then by purpose.
struct LiveKinds {
  private(set) var all: [LiveKind] = []
  /// For every walk, the index of each lifetime's kind.
  private(set) var ofLifetimes: [[Int]] = []

  init(_ walks: [LivenessWalk], _ buffers: inout BufferNumbers) {
    let places = walks.map { walk in
      walk.lifetimes.map { buffers.number($0.buffer) * Purpose.allCases.count + $0.purpose.rawValue }
    }
    var indices = Array(repeating: -1, count: buffers.buffers.count * Purpose.allCases.count)
    for place in places.joined() { indices[place] = 0 }
    for place in indices.indices where indices[place] == 0 {
      indices[place] = all.count
      let (buffer, purpose) = place.quotientAndRemainder(dividingBy: Purpose.allCases.count)
      all.append(LiveKind(buffer: buffer, purpose: Purpose.allCases[purpose]))
    }
    ofLifetimes = places.map { $0.map { indices[$0] } }
  }
}

/// The live buffers of a walk, counted by the index of their kind.
struct Snapshots {
  /// Every event that can be the peak, in the order of the step.
  var events: [(place: EventPlace, instant: Instant, counts: [Int])] = []
  /// What is alive just before the first deferred weight gradient runs.
  var atDeferral: [Int]
  /// What is alive after the last block's backward.
  var afterLastBlock: [Int]
  /// What is alive when the backward pass begins.
  var atBackward: [Int]
}

/// An event's position in the step, the same at every depth: outside the encoder, in its first or its last block, or,
/// if the last block keeps less than others, in the block before it.
///
/// Blocks in between need no events of their own: their live bytes are on the line between the blocks at the ends.
struct EventPlace: Hashable, Sendable {
  enum Block: Int, Hashable, Sendable, CaseIterable {
    case none, first, beforeLast, last
  }

  var block: Block
  /// Index among the operations of that position.
  var number: Int

  /// Whether another block follows the block it is in.
  var isBeforeLast: Bool { block == .first || block == .beforeLast }
}

extension LivenessWalk {
  /// The live buffers at the events of the walk.
  ///
  /// - Parameters:
  ///   - kinds: The kind of every lifetime's buffer, by its index.
  ///   - count: Number of kinds.
  func snapshots(kinds: [Int], count: Int) -> Snapshots {
    let last = program.operations.lazy.compactMap(\.scope.block).max()
    let ends = lifetimes.indices.sorted { lifetimes[$0].end < lifetimes[$1].end }
    var alive = Array(repeating: 0, count: count)
    var result = Snapshots(atDeferral: alive, afterLastBlock: alive, atBackward: alive)
    var numbers = Array(repeating: 0, count: EventPlace.Block.allCases.count)
    var started = 0, ended = 0
    let backward = order.firstIndex { program.operations[$0].phase == .backward }
    let lastBlockEnd = endOfBackward(block: last ?? 0)
    for (position, index) in order.enumerated() {
      if position == deferralStart { result.atDeferral = alive }
      if position == lastBlockEnd { result.afterLastBlock = alive }
      if position == backward { result.atBackward = alive }
      while started < lifetimes.count, lifetimes[started].start == position {
        alive[kinds[started]] += 1
        started += 1
      }
      let block: EventPlace.Block? =
        switch program.operations[index].scope.block {
        case nil: EventPlace.Block.none
        case last: .last
        case 0: .first
        default: nil
        }
      if let block {
        let place = EventPlace(block: block, number: numbers[block.rawValue])
        numbers[block.rawValue] += 1
        // Between two operations that free nothing the live set only grows, so that its end is the event.
        if ended < ends.count && lifetimes[ends[ended]].end == position || position == order.count - 1 {
          let instant = Instant(program.operations[index], isFirst: block == .first)
          result.events.append((place, instant, alive))
        }
      }
      while ended < ends.count, lifetimes[ends[ended]].end == position {
        alive[kinds[ends[ended]]] -= 1
        ended += 1
      }
    }
    return result
  }

  /// Position of the first operation after a block's backward: in the next block, or in the stem.
  func endOfBackward(block: Int) -> Int? {
    order.firstIndex { index in
      guard program.operations[index].phase == .backward else { return false }
      let scope = program.operations[index].scope
      return block > 0 ? scope.block == block - 1 : scope.part == .stem
    }
  }
}

extension Instant {
  init(_ operation: Operation, isFirst: Bool) {
    switch (operation.phase, operation.scope.part) {
    case (.forward, _): self = .forward
    case (.update, _): self = .endOfBackward
    case (_, .stem): self = .endOfBackward
    case (_, .head), (_, .loss): self = .headBackward
    case (_, .attention): self = isFirst ? .firstBlockBackward : .lastAttentionBackward
    case (_, .mlp): self = isFirst ? .firstBlockBackward : .lastMLPBackward
    }
  }
}
