import Answers
import ArgumentParser
import Measurement
import VisionTransformer

/// How trials are run.
struct TrialOptions: ParsableArguments {
  @Option("Threads. (default: all processors)", "n", transform: threadCount)
  var threads: Int?
  @Option("Steps that are timed. (default: 5 to 100 in a second)", "n", transform: stepCount)
  var steps: Int?
  @Option("Steps before them. (default: 2 to 100 in a tenth of one)", "n", transform: wholeNumber)
  var warmUp: Int?
  @Option(
    "The longest a trial may take. (default: \(Int(TrialRequest.defaultTimeout.value)))", "seconds",
    transform: positiveSeconds)
  var timeout: Seconds?
  @Option(help: "Matrix products. (default: the fastest)")
  var products: MatrixProducts?
  @Option(
    "Seed of images, labels and initial parameters. (default: 0)", "n", visibility: .hidden, transform: wholeNumber)
  var seed: Int?
  @Option("Repeat a disturbed trial up to n times. (default: 0)", "n", transform: repetitionCount)
  var repeatDisturbed: Int?
  @Flag(help: "Measure also what the store knows already.")
  var again = false
  @Flag(help: "Measure again what failed before.")
  var retryFailed = false

  func validate() throws {
    if let warmUp, !(0...10_000).contains(warmUp) { throw ValidationError("--warm-up must be between 0 and 10,000") }
    if let seed, seed < 0 { throw ValidationError("--seed must not be negative") }
  }

  /// How trials are run.
  var plan: TrialPlan {
    TrialPlan(
      threads: threadsUsed, warmUp: warmUpSteps, steps: timedSteps,
      timeout: timeout ?? TrialRequest.defaultTimeout, products: products, seed: UInt64(seed ?? 0),
      repetitions: repeatDisturbed ?? 0, known: KnownAnswers(evidence: !again, failures: !retryFailed))
  }

  /// Warm-up steps of every trial, which do not count.
  var warmUpSteps: TrialRequest.StepCount { warmUp.map { .init(exactly: $0) } ?? .warmUp }
  /// Timed steps of every trial.
  var timedSteps: TrialRequest.StepCount { steps.map { .init(exactly: $0) } ?? .automatic }
  /// Threads of every trial.
  var threadsUsed: Int { threads ?? StepRunner.Options.processors }
}

@Sendable private func threadCount(_ text: String) throws -> Int {
  let value = try atLeastOne(text)
  guard value <= 1024 else { throw ValidationError("must be at most 1,024") }
  return value
}

@Sendable private func repetitionCount(_ text: String) throws -> Int {
  let value = try wholeNumber(text)
  guard (0...100).contains(value) else { throw ValidationError("must be between 0 and 100") }
  return value
}

@Sendable private func stepCount(_ text: String) throws -> Int {
  let value = try atLeastOne(text)
  guard value <= 10_000 else { throw ValidationError("must be at most 10,000") }
  return value
}

/// A duration in seconds.
@Sendable func positiveSeconds(_ text: String) throws -> Seconds {
  guard let value = Double(text), value.isFinite, value > 0, value <= 1e7 else {
    throw ValidationError("must be a number of seconds above 0, such as 300")
  }
  return Seconds(value)
}
