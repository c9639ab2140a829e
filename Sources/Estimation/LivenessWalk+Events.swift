import TrainingStep

/// What is alive at one event of a walk, counted by kind of buffer.
struct Snapshot: Sendable {
  struct Key: Hashable, Sendable {
    var buffer: Int
    var purpose: Purpose
  }

  var instant: Instant
  var tally: Tally<Key>
}

/// An event's place in the step, the same at every depth: outside the encoder, in its first or its last block, or, where that
/// one keeps less than others, in the block before it.
///
/// Blocks between them need no events of their own: what is alive there lies on the line between those at its ends.
struct EventPlace: Hashable, Sendable {
  enum Block: Hashable, Sendable {
    case none, first, beforeLast, last
  }

  var block: Block
  /// Running number among the operations of that place.
  var number: Int

  /// Whether it is in a block that another follows.
  var isBeforeLast: Bool { block == .first || block == .beforeLast }
}

extension LivenessWalk {
  /// What is alive at every event that can be the peak, in the order of the step, with buffers numbered by `number`.
  ///
  /// The second result is what is alive when the first deferred weight gradient is about to run, the third what is alive when the
  /// last block's backward is over, the fourth what is alive when the backward pass begins.
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
        // Between two operations that free nothing the live set only grows: its end is the event.
        if !ends[position].isEmpty || position == order.count - 1 {
          events.append((place, Snapshot(instant: Instant(operation, isFirst: block == .first), tally: alive)))
        }
      }
      for key in ends[position] { alive.add(key, -1) }
    }
    return (events, atDeferral, afterLastBlock, atBackward)
  }

  /// Position of the first operation after the backward of a block: of the next block, or of the stem.
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
