/// A compiled program as far as its readings need it: scheduled instructions with shapes, names and what the compiler says of them.
public struct HLOModule: Sendable, Hashable {
  /// Name of the module.
  public var name = ""
  /// Number of the computation that the program begins with.
  public var entry = 0
  /// Computations by number.
  public var computations: [Int: HLOComputation] = [:]
  /// Whether the instructions are in the order in which they run.
  public var isScheduled = false

  /// No module.
  public init() {}
}

/// A sequence of instructions.
public struct HLOComputation: Sendable, Hashable {
  /// Number in the module.
  public var id = 0
  /// Name.
  public var name = ""
  /// Instructions, in the order in which they run where the module is scheduled.
  public var instructions: [HLOInstruction] = []
  /// Number of the instruction that is the result.
  public var root = 0
  /// Whether it is the inside of a fusion.
  public var isFusion = false

  /// No computation.
  public init() {}
}

/// One instruction.
public struct HLOInstruction: Sendable, Hashable {
  /// Number in the module.
  public var id = 0
  /// Name, such as `fusion.12.remat2`.
  public var name = ""
  /// What is done, such as `fusion`.
  public var opcode = ""
  /// What comes of it.
  public var shape = HLOShape(elementType: .other)
  /// Numbers of the operands.
  public var operands: [Int] = []
  /// Numbers of the computations that it calls.
  public var called: [Int] = []
  /// Which element of the operand a `get-tuple-element` takes; which argument a `parameter` is.
  public var index = 0
  /// Where the program's author has it from: a path such as `forward/block3/mlp/contract`.
  public var operationName = ""
  /// Cycles that the compiler expects it to take; nil where it says nothing.
  public var cycles: Int?
  /// How often a loop runs, where the compiler says so.
  public var tripCount: Int?
  /// The value of a constant that is one whole number.
  public var constant: Int?
  /// What a `compare` asks, such as `LT`.
  public var comparison = ""

  /// No instruction.
  public init() {}

  /// Whether the compiler made it to compute something once more; what only names a value is no computation.
  ///
  /// Source: openxla/xla, hlo_rematerialization.cc: what is cloned is named after the original with `.remat` and a number behind it.
  public var isRematerialized: Bool { name.contains(".remat") && !Self.names.contains(opcode) }

  /// Kinds of instructions that only name what is there.
  private static let names: Set<String> = ["get-tuple-element", "tuple", "bitcast"]
}
