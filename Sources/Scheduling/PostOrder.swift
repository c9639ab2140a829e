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
    visit(start) { node, stack in stack += next(node).reversed() }
  }

  /// The same without an array for each node.
  ///
  /// - Parameter push: appends what a node waits for, the last to be walked first.
  mutating func visit(_ start: Int, push: (Int, inout [Int]) -> Void) {
    // Complements are nodes whose operands are done.
    var stack = [start]
    while let top = stack.popLast() {
      let node = top < 0 ? ~top : top
      guard !isDone[node] else { continue }
      if top < 0 {
        isDone[node] = true
        nodes.append(node)
      } else {
        stack.append(~node)
        push(node, &stack)
      }
    }
  }
}
