import TrainingStep

/// The live buffers at one event of a walk, counted by kind.
struct Snapshot: Sendable {
  struct Key: Hashable, Sendable {
    var buffer: Int
    var purpose: Purpose
  }

  var instant: Instant
  var tally: Tally<Key>
}

/// An event's position in the step, the same at every depth: outside the encoder, in its first or its last block, or,
/// if the last block keeps less than others, in the block before it.
///
/// Blocks in between need no events of their own: their live bytes are on the line between the blocks at the ends.
struct EventPlace: Hashable, Sendable {
  enum Block: Hashable, Sendable {
    case none, first, beforeLast, last
  }

  var block: Block
  /// Index among the operations of that position.
  var number: Int

  /// Whether another block follows the block it is in.
  var isBeforeLast: Bool { block == .first || block == .beforeLast }
}

extension LivenessWalk {
  /// The live buffers at every event that can be the peak, in the order of the step, with buffers numbered by `number`.
  ///
  /// The second result is what is alive just before the first deferred weight gradient runs, the third what is alive
  /// after the last block's backward, the fourth what is alive when the backward pass begins.
  func events(
    _ number: (Buffer, Purpose) -> Snapshot.Key
  ) -> (
    events: [(place: EventPlace, snapshot: Snapshot)], atDeferral: Tally<Snapshot.Key>,
    afterLastBlock: Tally<Snapshot.Key>, atBackward: Tally<Snapshot.Key>
  ) {
    let last = program.operations.compactMap(\.scope.block).max()
    var starts: [[Snapshot.Key]] = Array(repeating: [], count: order.count)
    var ends = starts
    for lifetime in lifetimes {
      let key = number(lifetime.buffer, lifetime.purpose)
      starts[lifetime.start].append(key)
      ends[lifetime.end].append(key)
    }
    var alive = Tally<Snapshot.Key>()
    var numbers: [EventPlace.Block: Int] = [:]
    var events: [(place: EventPlace, snapshot: Snapshot)] = []
    var atDeferral = Tally<Snapshot.Key>(), afterLastBlock = Tally<Snapshot.Key>(), atBackward = Tally<Snapshot.Key>()
    let backward = order.firstIndex { program.operations[$0].phase == .backward }
    let lastBlockEnd = endOfBackward(block: last ?? 0)
    for (position, index) in order.enumerated() {
      if position == deferralStart { atDeferral = alive }
      if position == lastBlockEnd { afterLastBlock = alive }
      if position == backward { atBackward = alive }
      for key in starts[position] { alive.add(key, 1) }
      let operation = program.operations[index]
      let block: EventPlace.Block? =
        switch operation.scope.block {
        case nil: EventPlace.Block.none
        case last: .last
        case 0: .first
        default: nil
        }
      if let block {
        let place = EventPlace(block: block, number: numbers[block, default: 0])
        numbers[block, default: 0] += 1
        // Between two operations that free nothing the live set only grows, so that its end is the event.
        if !ends[position].isEmpty || position == order.count - 1 {
          events.append((place, Snapshot(instant: Instant(operation, isFirst: block == .first), tally: alive)))
        }
      }
      for key in ends[position] { alive.add(key, -1) }
    }
    return (events, atDeferral, afterLastBlock, atBackward)
  }

  /// Position of the first operation after a block's backward: in the next block, or in the stem.
  func endOfBackward(block: Int) -> Int? {
    order.firstIndex { index in
      let operation = program.operations[index]
      return operation.phase == .backward
        && (block > 0 ? operation.scope.block == block - 1 : operation.scope.part == .stem)
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
