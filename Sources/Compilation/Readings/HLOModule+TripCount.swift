extension HLOModule {
  /// The trip count of the loop `instruction` in `computation`; nil if it cannot be determined.
  ///
  /// If the compiler has not recorded it, the loop must count up by one from a constant to a constant, as JAX's scans
  /// and this program's loops do: the bound is in the condition, the start in the loop's operand.
  func tripCount(of instruction: HLOInstruction, in computation: HLOComputation) -> Int? {
    if let count = instruction.tripCount { return count }
    for called in instruction.called {
      guard let condition = computations[called],
        let compare = condition.instructions.first(where: { $0.id == condition.root }), compare.opcode == "compare",
        compare.operands.count == 2
      else { continue }
      let inside = Dictionary(condition.instructions.map { ($0.id, $0) }) { first, _ in first }
      guard let counter = inside[compare.operands[0]], counter.opcode == "get-tuple-element",
        let bound = inside[compare.operands[1]]?.constant
      else { return nil }
      let start = start(ofElement: counter.index, of: instruction, in: computation) ?? 0
      let (count, overflow) = bound.subtractingReportingOverflow(start)
      guard !overflow, count < .max else { return nil }
      switch compare.comparison {
      case "LT", "NE": return max(0, count)
      case "LE": return max(0, count + 1)
      default: return nil
      }
    }
    return nil
  }

  /// The constant that element `index` of a loop's operand starts from.
  private func start(ofElement index: Int, of loop: HLOInstruction, in computation: HLOComputation) -> Int? {
    let known = Dictionary(computation.instructions.map { ($0.id, $0) }) { first, _ in first }
    guard let first = loop.operands.first, let given = known[first], given.opcode == "tuple",
      given.operands.indices.contains(index)
    else { return nil }
    var value = known[given.operands[index]]
    while let current = value, ["copy", "bitcast", "convert"].contains(current.opcode) {
      value = current.operands.first.flatMap { known[$0] }
    }
    return value?.constant
  }
}
