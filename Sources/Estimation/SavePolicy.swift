import TrainingStep

/// What a backend keeps of a training step, for how long, and in which order it runs: its own choices over the one program.
///
/// A value that is not held in a buffer is fused into its consumers: each of them computes it again from what it was made
/// of, which must therefore stay alive until then.
protocol SavePolicy: Sendable {
  /// The order in which the program's operations run.
  func schedule(_ program: Program) -> XLASchedule

  /// The buffer a value is held in, or nil where it is fused into its consumers.
  func buffer(of value: Value, madeBy operation: Operation, in program: Program) -> Buffer?

  /// Buffers an operation leaves besides its outputs, alive as long as its operands or its outputs are: the statistics of a
  /// softmax, another copy of the images.
  func statistics(of operation: Operation, in program: Program) -> [Buffer]

  /// Buffers that exist only while an operation runs.
  func scratch(of operation: Operation, in program: Program) -> [Buffer]

  /// Whether the backend could compute what a forward operation keeps again, when memory runs short.
  func recomputes(_ operation: Operation) -> Bool
}

/// What a buffer is alive for: the terms of the breakdown.
enum Purpose: Int, Sendable, Hashable, CaseIterable {
  /// Kept by the forward pass for the backward pass.
  case activation
  /// The same, but can be computed again.
  case recomputable
  /// Gradient of a parameter of the encoder or the stem.
  case gradient
  /// Gradient of a parameter of the head.
  case headGradient
  /// Gradient of an activation, or scratch.
  case workspace
}
