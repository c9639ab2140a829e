import VisionTransformer

/// Why nothing can be run in a worker at all; a worker that comes to no answer is an outcome instead.
public enum WorkerError: Error, Sendable, Hashable {
  /// The worker's file is missing.
  case missingWorker(path: String)
  /// The system could not start it.
  case cannotStart(path: String, reason: String)
  /// A library that the work needs is missing; the message says how to install it.
  case missingLibrary(String)
  /// The worker does not support this configuration.
  case refused(ConfigurationError)
  /// The worker does not report what it measures with.
  case unknownWorker(path: String, WorkerFailure)
}

extension WorkerError: CustomStringConvertible {
  /// The problem and what to do.
  public var description: String {
    switch self {
    case .missingWorker(let path):
      "\(path) is missing, the program that runs trials and compiles: build it with `swift build --product \(WorkerProgram.name)`, install it "
        + "beside shapefinder with `make install`, or name it in \(WorkerProgram.variable)"
    case .cannotStart(let path, let reason): "\(path) cannot be started: \(reason)"
    case .missingLibrary(let message): message
    case .refused(let error): "\(error)"
    case .unknownWorker(let path, let failure): "\(path) does not answer: \(failure)"
    }
  }
}
