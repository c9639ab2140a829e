import Foundation
import HostPlan
import VisionTransformer

extension StepRunner {
  /// Bytes of the whole step as planned: parameters, state, inputs, everything alive at the peak, and scratch.
  public var plannedBytes: Bytes { Bytes(layout.byteCount) }

  /// Bytes of the planned block for which the system has provided memory: the high-water mark, because nothing is
  /// returned.
  public var allocatedBytes: Bytes { Bytes(memory.residentBytes) }

  /// Resident bytes of the process above those before the step's memory was first touched; nil if the system does not
  /// report them.
  public var residentBytes: Bytes? {
    guard let now = ProcessMemory.resident, let baseline else { return nil }
    return Bytes(max(0, now - baseline))
  }

  /// The planned bytes by part, at the peak.
  public var breakdown: MemoryBreakdown {
    let peak = layout.peak
    func bytes(_ purpose: HostPurpose) -> Bytes { Bytes(peak[purpose]) }
    let arguments = bytes(.parameter) + bytes(.optimizerState) + bytes(.input)
    let parts = HostPurpose.allCases.reduce(0) { $0 + peak[$1] }
    return MemoryBreakdown(
      total: plannedBytes, limit: options.memoryLimit ?? Bytes(Self.physicalMemory), livePeak: Bytes(parts),
      arguments: arguments, parameters: bytes(.parameter), optimizerState: bytes(.optimizerState),
      inputs: bytes(.input), temporaries: plannedBytes - arguments, activations: bytes(.activation),
      gradients: bytes(.gradient), workspace: bytes(.workspace), packing: plannedBytes - Bytes(parts))
  }

  /// Memory of this machine in bytes.
  public static var physicalMemory: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) }
}

extension StepRunner.Options {
  /// Processors available.
  public static var processors: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }
}
