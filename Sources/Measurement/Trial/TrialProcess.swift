import Evidence
import Foundation
import VisionTransformer
import WorkerProcess

/// Runs trials in workers, one process each, and survives whatever happens to them.
public struct TrialProcess: Sendable {
  /// The worker.
  public let worker: WorkerProgram

  /// Runs trials with `worker`. From now on, writing to a worker that has died is an error and does not end this
  /// process.
  public init(_ worker: WorkerProgram) {
    self.worker = worker
    signal(SIGPIPE, SIG_IGN)
  }

  /// The signal that stops a parent while it waits for its worker.
  public typealias StopSignal = WorkerStopSignal

  /// An event of a trial that is still running.
  public enum Progress: Sendable, Hashable {
    /// Its worker was launched.
    case launched(process: Int32)
    /// Its memory is planned and allocated.
    case started(planned: Bytes)
    /// A step is done.
    case step(TrialStep, isWarmUp: Bool)
  }

  /// Runs one trial.
  ///
  /// Call it from a thread that lives as long as the process, because a worker dies with the thread that started it.
  ///
  /// - Returns: the outcome; nil if `stop` fired first, in which case the worker is gone and nothing is known.
  /// - Throws: `TrialError` if no trial of this configuration can be run.
  public func run(
    _ request: TrialRequest, stop: StopSignal = .never, progress: (Progress) -> Void = { _ in }
  ) throws(TrialError) -> TrialOutcome? {
    var answer: WorkerEvent?
    let ending = try converse([], request.json + "\n", timeout: request.timeout, stop: stop) { process in
      progress(.launched(process: process))
    } take: { line in
      switch try WireJSON.value(WorkerEvent.self, line) {
      case .started(let planned): progress(.started(planned: planned))
      case .step(let step, let isWarmUp): progress(.step(step, isWarmUp: isWarmUp))
      case let last: answer = last
      }
    }
    guard let ending else { return nil }
    // Events before the end count: the worker may be killed between its answer and its end.
    switch answer {
    case .completed(let report)?: return .completed(report)
    case .doesNotFit(let needed, let limit)?: return .doesNotFit(needed: needed, limit: limit)
    case .outOfMemory(let message)?: return .failed(TrialFailure(.outOfMemory(message)))
    case .missingLibrary(let message)?: throw .missingLibrary(message)
    case .refused(let key, let value, let rule)?:
      throw .refused(ConfigurationError(key: key, value: value, rule: rule))
    case .started?, .step?, nil: return .failed(ending)
    }
  }

  /// Asks the worker for the libraries and machine that it measures with.
  ///
  /// - Returns: nil if `stop` fired first.
  /// - Throws: `TrialError`.
  public func describe(_ products: MatrixProducts?, stop: StopSignal = .never) throws(TrialError) -> WorkerDescription?
  {
    var description: WorkerDescription?
    var missing: String?
    let arguments = ["describe"] + (products.map { [$0.rawValue] } ?? [])
    let ending = try converse(arguments, "", timeout: Seconds(60), stop: stop) { _ in
    } take: { line in
      if case .missingLibrary(let message)? = try? WireJSON.value(WorkerEvent.self, line) {
        missing = message
      } else {
        description = try WireJSON.value(WorkerDescription.self, line)
      }
    }
    guard let ending else { return nil }
    if let missing { throw .missingLibrary(missing) }
    guard let description else { throw .unknownWorker(path: worker.path, ending) }
    return description
  }

  /// Starts a worker, sends it `input`, and passes its lines on until it has ended.
  ///
  /// - Returns: how it ended; nil if `stop` fired first.
  private func converse(
    _ arguments: [String], _ input: String, timeout: Seconds, stop: StopSignal, launched: (Int32) -> Void,
    take: ([UInt8]) throws -> Void
  ) throws(WorkerError) -> WorkerFailure? {
    let started = try worker.start(arguments)
    launched(started.process)
    var conversation = WorkerConversation(started, limits: .init(timeout: timeout), stop: stop)
    return withoutActuallyEscaping(take) { take in
      conversation.run(Array(input.utf8), WorkerConversation.Listener(output: take))
    }
  }
}
