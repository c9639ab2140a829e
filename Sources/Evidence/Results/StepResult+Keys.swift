import VisionTransformer

extension StepResult {
  /// The keys of a result beyond those of its configuration, in the order of the contract (Contract, "A result").
  public enum Key: String, CaseIterable, Sendable {
    case evidence, verdict, parameterCount, memory, flopsPerImage, stepSeconds, imagesPerSecond, disturbed, memoryOnly,
      provenance
  }

  /// The keys of `memory`, in the order of the contract.
  public enum MemoryKey: String, CaseIterable, Sendable {
    case total, limit, livePeak, arguments, parameters, optimizerState, inputs, temporaries, activations, gradients
    case workspace, packing, code, paddingWaste
  }

  /// The keys of `provenance`.
  public enum ProvenanceKey: String, CaseIterable, Sendable {
    case source, version, speaksFor, host, time, notes
  }

  /// The keys that `check` and `select` add to a result, derived from it, from the model and from the store. Readers of
  /// evidence skip them.
  public enum AnswerKey: String, CaseIterable, Sendable {
    case headroom, peak, recomputation, compiled, largestBatch, batchGaps, mayFitBatch, changes, settle, training
    case selection
  }
}
