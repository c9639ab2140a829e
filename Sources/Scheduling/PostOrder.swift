/// The post order of a graph that is walked depth first: before each node stands all that it waits for.
///
/// Source: openxla/xla, xla/hlo/ir/hlo_computation.cc, `ComputeInstructionPostOrder`.
package struct PostOrder {
  /// The nodes visited so far, in order.
  package private(set) var nodes: [Int] = []
  private var isDone: [Bool]

  /// The order of a graph of `count` nodes, of which none is visited yet.
  package init(count: Int) {
    isDone = [Bool](repeating: false, count: count)
    nodes.reserveCapacity(count)
  }

  /// Adds a node and all that it waits for, without those that are in the order already.
  ///
  /// - Parameter next: what a node waits for, in the order in which to walk it.
  package mutating func visit(_ start: Int, next: (Int) -> [Int]) {
    var stack = [(node: start, isEntered: false)]
    while let (node, isEntered) = stack.popLast() {
      guard !isDone[node] else { continue }
      if isEntered {
        isDone[node] = true
        nodes.append(node)
        continue
      }
      stack.append((node, true))
      for other in next(node).reversed() where !isDone[other] { stack.append((other, false)) }
    }
  }
}
