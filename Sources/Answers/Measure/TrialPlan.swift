import Evidence
import Measurement
import Reporting
import VisionTransformer
import WorkerProcess

/// How the trials of one invocation are run.
package struct TrialPlan: Sendable, Hashable {
  /// Threads that share every operation.
  package var threads: Int
  /// Warm-up steps, which do not count.
  package var warmUp: TrialRequest.StepCount
  /// Steps that are timed.
  package var steps: TrialRequest.StepCount
  /// Limit on the duration of a trial.
  package var timeout: Seconds
  /// The library for matrix products; nil means the fastest that is installed.
  package var products: MatrixProducts?
  /// Seed of images, labels and initial parameters.
  package var seed: UInt64
  /// Limit on the repetitions of a disturbed trial.
  package var repetitions: Int
  /// Which stored results count as answers.
  package var known: KnownAnswers

  /// A plan.
  package init(
    threads: Int, warmUp: TrialRequest.StepCount = .warmUp, steps: TrialRequest.StepCount = .automatic,
    timeout: Seconds = TrialRequest.defaultTimeout, products: MatrixProducts? = nil, seed: UInt64 = 0,
    repetitions: Int = 0, known: KnownAnswers = KnownAnswers()
  ) {
    self.threads = threads
    self.warmUp = warmUp
    self.steps = steps
    self.timeout = timeout
    self.products = products
    self.seed = seed
    self.repetitions = repetitions
    self.known = known
  }

  /// The request to a worker for a configuration.
  ///
  /// - Parameter memory: the most bytes that a step may take if the configuration sets no limit.
  package func request(_ configuration: Configuration, memory: Bytes) -> TrialRequest {
    TrialRequest(
      configuration, threads: threads, warmUp: warmUp, steps: steps,
      memoryLimit: configuration.memoryLimit ?? memory, timeout: timeout, products: products, seed: seed)
  }
}

/// Runs trials: workers, one process each, or a test's stand-in.
package protocol TrialRunning {
  /// The libraries and machine that it measures with; nil if `stop` fired first.
  func describe(_ products: MatrixProducts?, stop: WorkerStopSignal) throws(TrialError) -> WorkerDescription?
  /// Runs one trial; nil if `stop` fired first.
  func run(
    _ request: TrialRequest, stop: WorkerStopSignal, progress: (TrialProcess.Progress) -> Void
  ) throws(TrialError) -> TrialOutcome?
  /// Fixed work whose time shows whether the machine is disturbed: its name, and a closure that times one pass.
  func yardstick(threads: Int) -> (name: String, read: () -> Seconds?)
}

extension TrialProcess: TrialRunning {
  package func yardstick(threads: Int) -> (name: String, read: () -> Seconds?) {
    let yardstick = Yardstick(threads: threads)
    return (yardstick.name, { yardstick.read() })
  }
}

extension TrialPlan {
  /// The number of steps of a trial, for the display of the remaining time.
  package var progressSteps: SweepProgress.Steps {
    SweepProgress.Steps(warmUp: .init(warmUp), timed: .init(steps))
  }
}

extension SweepProgress.Steps.Count {
  fileprivate init(_ count: TrialRequest.StepCount) {
    self.init(least: count.least, most: count.most, seconds: count.seconds.value)
  }
}
