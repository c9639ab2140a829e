/// What automatic rematerialization recomputes, block by block: the MLP's hidden layers and the logits, the larger of
/// the two first, then queries, keys and values together.
///
/// Source: before and after dumps of libtpu 0.0.17.1; Facts, "Automatic rematerialization". Deep rematerialization also
/// recomputes chains that are not modelled here; the time is then a lower bound.
struct RecomputationPrices: Sendable {
  private struct Item: Sendable {
    var bytes = 0
    var cycles = 0.0
  }

  private var first = Item()
  private var second = Item()
  private var third = Item()

  init(_ timing: StepTiming, hidden: Int, logits: Int, query: Int) {
    let again = timing.recomputed
    first = Item(bytes: hidden, cycles: again.hidden)
    second = Item(bytes: logits, cycles: again.logits)
    if first.bytes < second.bytes { swap(&first, &second) }
    third = Item(bytes: 3 * query, cycles: 3 * again.projection)
  }

  /// Cycles to free `bytes` in `depth` blocks, of which the last keeps its own.
  func cycles(freeing bytes: Int, depth: Int) -> Double {
    var left = bytes
    var cycles = 0.0
    func recompute(_ item: Item) {
      guard item.bytes > 0, left > 0 else { return }
      // A division would take longer than everything else here.
      let count = left > (depth &- 1) &* item.bytes ? depth - 1 : (left + item.bytes - 1) / item.bytes
      cycles += Double(count) * item.cycles
      left -= count * item.bytes
    }
    recompute(first)
    recompute(second)
    recompute(third)
    return cycles
  }
}
