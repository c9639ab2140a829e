import TrainingStep

/// The choices of a backend over the one program: which values it keeps, for how long, and in which order it runs.
///
/// A value without a buffer is fused into its consumers: each recomputes it from its operands, which must stay alive
/// until then.
protocol SavePolicy: Sendable {
  /// The order in which the program's operations run.
  func schedule(_ program: Program) -> XLASchedule

  /// The buffer that holds a value; nil if the value is fused into its consumers.
  func buffer(of value: Value, madeBy operation: Operation, in program: Program) -> Buffer?

  /// The values that an operation reads.
  func operands(of operation: Operation, in program: Program) -> [Value]

  /// Buffers that an operation makes besides its outputs, alive as long as its operands or outputs: the statistics of a
  /// softmax, another copy of the images.
  func statistics(of operation: Operation, in program: Program) -> [Buffer]

  /// Buffers that exist only while an operation runs.
  func scratch(of operation: Operation, in program: Program) -> [Buffer]

  /// Whether the backend could recompute what a forward operation keeps if memory runs short.
  func recomputes(_ operation: Operation) -> Bool
}

/// The purpose of a live buffer: the terms of the breakdown.
enum Purpose: Int, Sendable, Hashable, CaseIterable {
  /// Kept from the forward pass for the backward pass.
  case activation
  /// Kept from the forward pass, but can be recomputed.
  case recomputable
  /// Gradient of a parameter of the encoder or the stem.
  case gradient
  /// Gradient of a parameter of the head.
  case headGradient
  /// Gradient of an activation, or scratch.
  case workspace
  /// Workspace that the allocation writes over an operand, while the live peak counts both.
  case inPlace
}
