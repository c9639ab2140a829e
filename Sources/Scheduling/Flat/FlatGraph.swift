/// A `ScheduledGraph` without names and shapes, in flat arrays: it is written and scheduled thousands of times a second.
///
/// Nodes and values are numbered as there: operands before what reads them, in the compiler's post order.
package struct FlatGraph: Sendable {
  /// What a node does to memory; see `ScheduledGraph.Role`.
  package enum Role: UInt8, Sendable {
    case parameter, tuple, element, work, copy
  }

  var roles: [Role] = []
  var isScalar: [Bool] = []
  /// Rank of each node's name among all names.
  var names: [Int32] = []
  /// Nodes in the order in which they were made.
  var byNumber: [Int32] = []
  var operands = IndexLists()
  var predecessors = IndexLists()
  /// Nodes that read each node, in the order in which they were made; each once.
  var users = IndexLists()
  /// Nodes that wait for each node without reading it.
  var successors = IndexLists()
  /// Values of each node's output, outermost first.
  var carried = IndexLists()
  /// Values whose lifetime a node's run extends.
  var reads = IndexLists()

  /// The first value that each node defines; one more than nodes.
  var firstValue: [Int32] = [0]
  /// Bytes of every value with padding, rounded up to the compiler's alignment.
  package var bytes: [Int] = []
  /// The node that defines each value.
  package var owner: [Int32] = []
  /// The place of each value among its owner's outputs; -1 for the table of pointers of a tuple.
  package var output: [Int32] = []
  /// The kind of array that each value is; -1 for tables.
  package var kind: [Int32] = []
  /// Values of operands whose place each value may take when they die at its definition.
  var replaces = IndexLists()
  var isResult: [Bool] = []
  var isArgument: [Bool] = []
  /// Results that are written over arguments, as values.
  var donations: [(argument: Int32, result: Int32)] = []

  /// Number of nodes; the last is the root.
  package var count: Int { roles.count }

  /// Values that a node defines.
  @inline(__always)
  func defined(_ node: Int) -> Range<Int> { Int(firstValue[node])..<Int(firstValue[node + 1]) }
}
