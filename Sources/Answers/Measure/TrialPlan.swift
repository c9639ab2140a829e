import Evidence
import Measurement
import Reporting
import VisionTransformer
import WorkerProcess

/// How the trials of one invocation are run.
package struct TrialPlan: Sendable, Hashable {
  /// Threads that share every operation.
  package var threads: Int
  /// Steps before the first that counts.
  package var warmUp: TrialRequest.StepCount
  /// Steps that are timed.
  package var steps: TrialRequest.StepCount
  /// The longest that a trial may take.
  package var timeout: Seconds
  /// Where matrix products come from; nil: the fastest library that is there.
  package var products: MatrixProducts?
  /// Seed of images, labels and initial parameters.
  package var seed: UInt64
  /// How often a trial that was disturbed is measured again, at most.
  package var repetitions: Int
  /// What of the store's knowledge counts.
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

  /// What a worker is asked about a configuration.
  ///
  /// - Parameter memory: most bytes that a step may take where the configuration sets no limit.
  package func request(_ configuration: Configuration, memory: Bytes) -> TrialRequest {
    TrialRequest(
      configuration, threads: threads, warmUp: warmUp, steps: steps,
      memoryLimit: configuration.memoryLimit ?? memory, timeout: timeout, products: products, seed: seed)
  }
}

/// Whoever runs trials: workers, one process each, or the stand-in of a test.
package protocol TrialRunning {
  /// What it measures with; nil where `stop` came first.
  func describe(_ products: MatrixProducts?, stop: WorkerStopSignal) throws(TrialError) -> WorkerDescription?
  /// Runs one trial; nil where `stop` came first.
  func run(
    _ request: TrialRequest, stop: WorkerStopSignal, progress: (TrialProcess.Progress) -> Void
  ) throws(TrialError) -> TrialOutcome?
  /// Fixed work whose time tells whether the machine is disturbed: its name, and what times one pass.
  func yardstick(threads: Int) -> (name: String, read: () -> Seconds?)
}

extension TrialProcess: TrialRunning {
  package func yardstick(threads: Int) -> (name: String, read: () -> Seconds?) {
    let yardstick = Yardstick(threads: threads)
    return (yardstick.name, { yardstick.read() })
  }
}

extension TrialPlan {
  /// How many steps a trial runs, for the time that is left.
  package var progressSteps: SweepProgress.Steps {
    SweepProgress.Steps(warmUp: .init(warmUp), timed: .init(steps))
  }
}

extension SweepProgress.Steps.Count {
  fileprivate init(_ count: TrialRequest.StepCount) {
    self.init(least: count.least, most: count.most, seconds: count.seconds.value)
  }
}
