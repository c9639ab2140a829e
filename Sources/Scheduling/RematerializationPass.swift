/// The walk of automatic rematerialization over a schedule that it changes.
struct RematerializationPass {
  let limit: Int
  let peakBefore: Int
  var memory: MemoryTracker
  /// Clones that move a node: a node that is left without readers was moved, and may not be moved again.
  private var moves = Set<Int>()

  init(_ graph: ScheduledGraph, _ order: [Int], limit: Int, rule: RecomputedSchedule.Rule, peakBefore: Int) {
    self.limit = limit
    self.peakBefore = peakBefore
    memory = MemoryTracker(graph, order, smallest: rule.smallest)
  }

  mutating func run() -> RecomputedSchedule {
    var changes: [RecomputedSchedule.Change] = []
    var peak = 0
    var next = memory.first
    while let node = next {
      memory.begin(node)
      if memory.allocated(node) > 0 {
        while memory.usage > limit, let choice = choice(at: node) {
          let origin = memory.items[choice.node].origin
          if let bytes = choice.compact {
            memory.compress(choice.node, to: bytes)
            changes.append(.init(node: origin, kind: .compressed, at: memory.items[node].origin))
          } else {
            changes.append(
              .init(node: origin, kind: choice.isMove ? .moved : .recomputed, at: memory.items[node].origin))
            repeatLater(choice.node)
          }
        }
      }
      peak = max(peak, memory.usage)
      memory.end(node)
      next = memory.items[node].next
    }
    return RecomputedSchedule(peakBefore: peakBefore, peak: peak, changes: changes)
  }

  private struct Choice {
    var node: Int
    /// Bytes in the compact layout, if it is to be compressed.
    var compact: Int?
    var isMove: Bool
    var cost: Int
  }

  private func choice(at current: Int) -> Choice? {
    var best: Choice?
    func consider(_ choice: Choice) {
      if choice.cost < best?.cost ?? .max { best = choice }
    }
    var next = memory.first
    while let node = next {
      next = memory.items[node].next
      let item = memory.items[node]
      guard item.isCandidate, item.isPlaced, node != current, !item.isDenied, item.isRepeatable else { continue }
      if let saved = memory.savedByCompressing(node, at: current, peakBefore: peakBefore) {
        consider(Choice(node: node, compact: saved.compact, isMove: false, cost: limit / saved.bytes))
      }
      guard !item.successors.contains(where: { memory.items[$0].isPlaced }) else { continue }
      let saved = memory.savedByRepeating(node, at: current)
      guard saved > 0 else { continue }
      let isMove = !item.users.contains { memory.items[$0].isPlaced }
      consider(Choice(node: node, compact: nil, isMove: isMove, cost: isMove ? 0 : limit / saved))
    }
    return best
  }

  private mutating func repeatLater(_ node: Int) {
    guard let clone = memory.repeatLater(node) else {
      memory.items[node].isDenied = true
      return
    }
    guard memory.isUnread(node) else { return }
    if moves.contains(node) { memory.items[clone].isDenied = true }
    moves.insert(clone)
  }
}
