import Evidence

extension OperationPlace {
  /// Where `operationName` stands: in this program's words (`forward/block3/mlp/contract`), or in JAX's
  /// (`jit(step)/jit(main)/transpose(jvp(ViT))/Block_3/Mlp_0/Dense_0/dot_general`).
  ///
  /// In JAX's, what is derived is forward, what is transposed is backward, what a checkpoint runs again is recomputed, and what is
  /// neither is the update. A fusion has the name of its root alone.
  public init(operationName: String, opcode: String) {
    let words = operationName.split(separator: "/")
    let phase: SchedulePhase
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
    self.init(phase: phase, primitive: words.last.map(String.init) ?? opcode)
  }
}
