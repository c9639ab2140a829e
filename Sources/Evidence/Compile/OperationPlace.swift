/// The origin of an instruction in the training step, from the name that its author gave it.
public struct OperationPlace: Sendable, Hashable, Codable {
  /// The phase of the step.
  public var phase: SchedulePhase
  /// The primitive: the last word of the name, such as `contract` or `dot_general`; the opcode if there is no name.
  public var primitive: String

  /// The origin that `operationName` gives, in this program's form (`forward/block3/mlp/contract`) or in JAX's
  /// (`jit(step)/jit(main)/transpose(jvp(ViT))/Block_3/Mlp_0/Dense_0/dot_general`).
  ///
  /// In JAX's form, `jvp` is the forward pass, `transpose` the backward pass, what a checkpoint runs again is
  /// recomputation, and the rest is the update. A fusion has only the name of its root.
  public init(operationName: String, opcode: String) {
    let words = operationName.split(separator: "/")
    primitive = words.last.map(String.init) ?? opcode
    if let named = words.lazy.compactMap({ SchedulePhase(rawValue: String($0)) }).first {
      phase = named
    } else if words.contains(where: { $0.hasPrefix("rematted_computation") || $0.hasPrefix("checkpoint") }) {
      phase = .recompute
    } else if operationName.contains("transpose(") {
      phase = .backward
    } else if operationName.contains("jvp(") {
      phase = .forward
    } else {
      phase = words.count > 1 ? .update : .unknown
    }
  }
}

/// The phases of a step, as far as instructions show them.
public enum SchedulePhase: String, Sendable, Hashable, CaseIterable, Codable {
  /// From images to the loss.
  case forward
  /// Forward work that the program itself repeats.
  case recompute
  /// From the loss to the gradients.
  case backward
  /// All-reduce, clipping and the optimizer.
  case update
  /// Instructions without a name: the compiler's own copies, and programs that name nothing.
  case unknown
}
