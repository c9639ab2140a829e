/// A compiled program as far as it is read: scheduled instructions with shapes, names and the compiler's annotations.
public struct HLOModule: Sendable, Hashable {
  /// Name of the module.
  public var name = ""
  /// Number of the computation that the program begins with.
  public var entry = 0
  /// Computations by number.
  public var computations: [Int: HLOComputation] = [:]
  /// Whether the instructions are in execution order.
  public var isScheduled = false
  /// Results that are written over arguments.
  public var donations: [HLODonation] = []

  /// An empty module.
  public init() {}
}

/// A result of a program that is written over an argument.
public struct HLODonation: Sendable, Hashable {
  /// Place of the result in the output of the entry computation.
  public var result: [Int] = []
  /// Number of the argument.
  public var argument = 0
  /// Place in the argument.
  public var place: [Int] = []
}

/// A sequence of instructions.
public struct HLOComputation: Sendable, Hashable {
  /// Number in the module.
  public var id = 0
  /// Name.
  public var name = ""
  /// Instructions, in execution order if the module is scheduled.
  public var instructions: [HLOInstruction] = []
  /// Number of the instruction that is the result.
  public var root = 0
  /// Whether it is the body of a fusion.
  public var isFusion = false

  /// An empty computation.
  public init() {}
}

/// One instruction.
public struct HLOInstruction: Sendable, Hashable {
  /// Number in the module.
  public var id = 0
  /// Name, such as `fusion.12.remat2`.
  public var name = ""
  /// The operation, such as `fusion`.
  public var opcode = ""
  /// Shape of the result.
  public var shape = HLOShape(elementType: .other)
  /// Numbers of the operands.
  public var operands: [Int] = []
  /// Numbers of instructions that must run before it although it does not read them.
  public var predecessors: [Int] = []
  /// Numbers of the computations that it calls.
  public var called: [Int] = []
  /// The element of the operand that a `get-tuple-element` takes, or the argument that a `parameter` is.
  public var index = 0
  /// The origin that the program's author gave: a path such as `forward/block3/mlp/contract`.
  public var operationName = ""
  /// The compiler's estimate of its cycles; nil if there is none.
  public var cycles: Int?
  /// A loop's trip count, if the compiler recorded it.
  public var tripCount: Int?
  /// The value of a constant that is one whole number.
  public var constant: Int?
  /// The direction of a `compare`, such as `LT`.
  public var comparison = ""

  /// An empty instruction.
  public init() {}

  /// Whether the compiler made it to recompute something; an instruction that only names a value does not count.
  ///
  /// Source: openxla/xla, hlo_rematerialization.cc: a clone is named after the original, followed by `.remat` and a
  /// number.
  public var isRematerialized: Bool { name.contains(".remat") && !Self.names.contains(opcode) }

  /// Kinds of instructions that only name existing values.
  private static let names: Set<String> = ["get-tuple-element", "tuple", "bitcast"]
}
