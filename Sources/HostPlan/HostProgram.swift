import TrainingStep

/// A training step on the host: fused kernels over buffers.
///
/// It is lowered from the one description of the step (`Program`). The host's estimates walk it, and `Measurement` runs
/// it. The forward pass keeps for the backward pass: the residual stream before each block, query, key, value,
/// attention output and the MLP's hidden layer, and the statistics of layer norms and softmax. Recomputed are layer
/// norms, softmax, GELU, the residual stream between attention and MLP, and query, key and value of the last block.
/// Gradients of query, key, value and hidden layer overwrite them.
public struct HostProgram: Sendable {
  /// The program that it was lowered from.
  public let program: Program
  /// All buffers.
  public internal(set) var buffers: [HostBuffer] = []
  /// The kernels in the order they run.
  public internal(set) var operations: [HostOperation] = []
  /// The buffer of a tensor of the program: arguments, loss and gradients; nil for a tensor that no buffer holds to the
  /// end.
  public internal(set) var locations: [Value: BufferID] = [:]

  /// Lowers a program of float32 activations.
  ///
  /// - Throws: `HostPlanError` for a program that the host's kernels cannot run.
  public init(_ program: Program) throws(HostPlanError) {
    self.program = program
    var lowering = HostLowering(program)
    try lowering.run()
    buffers = lowering.buffers
    operations = lowering.operations
    locations = lowering.locations
  }

  /// Description of a buffer.
  public subscript(buffer: BufferID) -> HostBuffer { buffers[buffer.index] }

  /// First and last operation that uses each buffer. Persistent buffers live throughout, the loss lives to the end, and
  /// a buffer that is never used has no lifetime.
  public func lifetimes() -> [ClosedRange<Int>?] {
    var lifetimes = [ClosedRange<Int>?](repeating: nil, count: buffers.count)
    for (index, operation) in operations.enumerated() {
      for buffer in operation.kernel.reads + operation.kernel.writes {
        let first = lifetimes[buffer.index]?.lowerBound ?? index
        lifetimes[buffer.index] = first...index
      }
    }
    let end = max(0, operations.count - 1)
    for index in buffers.indices where buffers[index].isPersistent { lifetimes[index] = 0...end }
    // The loss is read after the step.
    if let loss = locations[program.loss] { lifetimes[loss.index] = (lifetimes[loss.index]?.lowerBound ?? 0)...end }
    return lifetimes
  }
}

/// A program that the host cannot run.
public enum HostPlanError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Only float32 activations are run.
  case notFloat32(String)
  /// The arena would be larger than any memory.
  case tooLarge

  /// The problem and what to do.
  public var description: String {
    switch self {
    case .notFloat32(let name): "\(name) is not float32: the CPU runs float32 activations (precision: float32)"
    case .tooLarge: "the step needs more bytes than can be addressed"
    }
  }
}
