/// Where in a training step an instruction comes from, by the name that its author gave it.
public struct OperationPlace: Sendable, Hashable, Codable {
  /// The phase of the step.
  public var phase: SchedulePhase
  /// The primitive: the last word of the name, such as `contract` or `dot_general`; the opcode where there is no name.
  public var primitive: String

  /// A place.
  public init(phase: SchedulePhase, primitive: String) {
    self.phase = phase
    self.primitive = primitive
  }
}

/// The phases of a step, as instructions are told apart.
public enum SchedulePhase: String, Sendable, Hashable, CaseIterable, Codable {
  /// From images to the loss.
  case forward
  /// Forward work that the program itself does again.
  case recompute
  /// From the loss to the gradients.
  case backward
  /// All-reduce, clipping and the optimizer.
  case update
  /// What has no name: copies of the compiler's own, and programs that name nothing.
  case unknown
}
