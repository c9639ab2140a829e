/// A program as a compiler schedules it: nodes, the values that they define, and what each reads.
///
/// A node is an instruction after fusion; a value is an array, or the table of pointers of a tuple, that needs bytes of
/// its own in the device's memory. Elements of tuples and other names of values are nodes too: they define nothing, but
/// the scheduler counts them as users (Facts, "The public algorithms").
public struct ScheduledGraph: Sendable {
  /// What a node does to memory.
  public enum Role: Sendable, Hashable {
    /// An argument of the program.
    case parameter
    /// A constant; it is never scheduled for its bytes.
    case constant
    /// A tuple of existing values.
    case tuple
    /// The element of a tuple at an index.
    case element(Int)
    /// Another name or shape of an existing value.
    case alias
    /// Work that defines values; `.copy` in addition only moves a value into another layout.
    case work, copy

    /// Whether it only names an existing value.
    var isName: Bool {
      switch self {
      case .alias, .element: true
      default: false
      }
    }
  }

  /// A node.
  public struct Node: Sendable {
    /// The compiler's name of it.
    public var name: String
    /// The origin that the program's author gave, such as `forward/block3/mlp/contract`.
    public var origin: String
    /// What it does to memory.
    public var role: Role
    /// Number in the order in which the compiler made the nodes; ties in the list order go by it.
    public var number: Int
    /// Nodes that it reads, in order; all precede it in `nodes`.
    public var operands: [Int]
    /// Nodes that must run before it although it does not read them.
    public var predecessors: [Int]
    /// Values of its output, outermost first: those that it defines and those that it passes on.
    public var carried: [Int]
    /// Values that it defines.
    public var defined: [Int]
    /// Values whose lifetime its run extends: those of its operands, of a tuple only the element that it takes.
    public var reads: [Int]
    /// The shape of its output with its layout, interned; equal shapes have equal numbers.
    public var shape: Int
    /// Whether its output is one number.
    public var isScalar: Bool
    /// Whether it may run twice.
    public var isRepeatable: Bool

    /// A node.
    public init(
      name: String, origin: String, role: Role, number: Int, operands: [Int], predecessors: [Int], carried: [Int],
      defined: [Int], reads: [Int], shape: Int, isScalar: Bool, isRepeatable: Bool
    ) {
      self.name = name
      self.origin = origin
      self.role = role
      self.number = number
      self.operands = operands
      self.predecessors = predecessors
      self.carried = carried
      self.defined = defined
      self.reads = reads
      self.shape = shape
      self.isScalar = isScalar
      self.isRepeatable = isRepeatable
    }

    /// Whether the scheduler takes it as given: it defines no bytes, and none of its bytes are ever freed.
    var isGiven: Bool { role == .parameter || role == .constant }
  }

  /// A value.
  public struct Value: Sendable {
    /// The node that defines it.
    public var owner: Int
    /// Bytes with padding, rounded up to the compiler's alignment.
    public var bytes: Int
    /// Its place in the owner's output: empty for an array or a tuple's table, one index for an element.
    public var path: [Int]
    /// The shape with its layout, interned as `Node.shape` is.
    public var shape: Int
    /// Bytes in the layout that pads least, in which rematerialization may keep it.
    public var compactBytes: Int
    /// Values of operands, in order, whose place it may take when they die at its definition.
    public var mayReplace: [Int]

    /// More than any device has, so that no sum over a graph overflows.
    public static let mostBytes = 1 << 44

    /// A value.
    public init(owner: Int, bytes: Int, path: [Int], shape: Int, compactBytes: Int, mayReplace: [Int] = []) {
      self.owner = owner
      self.bytes = bytes
      self.path = path
      self.shape = shape
      self.compactBytes = compactBytes
      self.mayReplace = mayReplace
    }
  }

  /// A result that is written over an argument.
  public struct Donation: Sendable, Hashable {
    /// The argument's value.
    public var argument: Int
    /// The result's value.
    public var result: Int

    /// A donation.
    public init(argument: Int, result: Int) {
      self.argument = argument
      self.result = result
    }
  }

  /// Nodes; each one's operands precede it, in the order in which the compiler writes them (its post order).
  public let nodes: [Node]
  /// Values, by number.
  public let values: [Value]
  /// The node whose output is the program's result.
  public let root: Int
  /// Results that are written over arguments.
  public let donations: [Donation]
  /// Shapes with their layouts in the compiler's notation, by number.
  public let shapes: [String]
  /// Nodes that read each node, in the order in which they were made; each once.
  let users: [[Int]]
  /// Nodes that wait for each node without reading it.
  let successors: [[Int]]

  /// A graph. `nodes` must be in an order in which operands come first, and every index must be valid: the readers of
  /// programs see to both.
  public init(nodes: [Node], values: [Value], root: Int, donations: [Donation], shapes: [String]) {
    self.nodes = nodes
    self.values = values
    self.root = root
    self.donations = donations
    self.shapes = shapes
    var users = [[Int]](repeating: [], count: nodes.count), successors = users
    for (index, node) in nodes.enumerated() {
      for operand in node.operands where users[operand].last != index { users[operand].append(index) }
      for predecessor in node.predecessors { successors[predecessor].append(index) }
    }
    self.users = users.map { $0.sorted { (nodes[$0].number, $0) < (nodes[$1].number, $1) } }
    self.successors = successors
  }

  /// Values whose lifetime a node's run extends, each once: all that its operands carry, of a tuple only the table and
  /// the element that it takes.
  ///
  /// - Parameters:
  ///   - role: what the node does.
  ///   - carried: the values of its own output.
  ///   - operands: the values of each operand's output.
  public static func reads(_ role: Role, _ carried: [Int], _ operands: [[Int]]) -> [Int] {
    var seen = Set<Int>()
    var all = operands.joined().map(\.self)
    if case .element = role, let tuple = operands.first { all = tuple.prefix(1) + carried }
    return all.filter { seen.insert($0).inserted }
  }

  /// Values of the program's result.
  var results: Set<Int> { Set(nodes[root].carried) }

  /// Bytes of the program's result.
  public var resultBytes: Int { results.reduce(0) { $0 + values[$1].bytes } }

  /// Bytes of the values that a node defines.
  func bytesDefined(_ node: Int) -> Int { nodes[node].defined.reduce(0) { $0 + values[$1].bytes } }
}
