import HostPlan
import VisionTransformer

/// Why a step cannot be measured.
public enum MeasurementError: Error, Sendable, Hashable {
  /// The step needs more memory than it may have.
  case doesNotFit(needed: Bytes, limit: Bytes)
  /// The machine could not provide the memory.
  case outOfMemory(needed: Bytes, reason: String)
  /// The library for matrix products is not installed.
  case missingLibrary(name: String, reason: String)
  /// The kernels do not support this configuration.
  case unsupported(key: String, value: String, rule: String)
  /// The system could not create the threads.
  case noThreads(Int)
}

extension MeasurementError: CustomStringConvertible {
  /// What was given, what was expected, what to do.
  public var description: String {
    switch self {
    case .doesNotFit(let needed, let limit): "the step needs \(needed), and the limit is \(limit)"
    case .outOfMemory(let needed, let reason):
      "the machine gave no memory for the \(needed) of the step (\(reason)): take a smaller batch, or set --memory-limit to what "
        + "there is, so that it is recorded as not fitting"
    case .missingLibrary(let name, let reason):
      "\(name) is missing (\(reason)): apt-get install libdnnl-dev libopenblas-dev"
    case .unsupported(let key, let value, let rule): "\(key): \(value) cannot be measured on the CPU: \(rule)"
    case .noThreads(let count): "the system does not give \(counted(count, "thread")): take fewer with --threads"
    }
  }
}
