import Foundation
import VisionTransformer

/// A trial as the worker runs it.
struct Trial {
  let request: TrialRequest
  /// Called with each event as it comes.
  let report: (WorkerEvent) -> Void

  /// Runs it to its end and reports what there is to say.
  func run() {
    do throws(MeasurementError) {
      report(.completed(try measure()))
    } catch {
      report(WorkerEvent(error))
    }
  }

  private func measure() throws(MeasurementError) -> TrialReport {
    let runner = try StepRunner(request.configuration, options: request.options)
    report(.started(planned: runner.plannedBytes))
    var warmUp: [TrialStep] = [], steps: [TrialStep] = []
    func step() -> TrialStep {
      let before = Disturbance()
      return before.step(runner.step())
    }
    for _ in 0..<request.warmUp {
      warmUp.append(step())
      report(.step(warmUp[warmUp.count - 1], isWarmUp: true))
    }
    let start = ContinuousClock.now
    while request.steps.wantsMore(than: steps.count, after: (ContinuousClock.now - start) / .seconds(1)) {
      steps.append(step())
      report(.step(steps[steps.count - 1], isWarmUp: false))
    }
    return TrialReport(
      warmUp: warmUp, steps: steps, planned: runner.plannedBytes, highWater: runner.allocatedBytes,
      resident: runner.residentBytes, parts: runner.breakdown, processor: Machine.processor,
      instructions: Machine.instructions, threads: request.threads, library: runner.library,
      host: ProcessInfo.processInfo.hostName)
  }
}

extension WorkerEvent {
  /// What is to be said of an error.
  init(_ error: MeasurementError) {
    switch error {
    case .doesNotFit(let needed, let limit): self = .doesNotFit(needed: needed, limit: limit)
    case .outOfMemory: self = .outOfMemory("\(error)")
    case .missingLibrary: self = .missingLibrary("\(error)")
    case .unsupported(let key, let value, let rule): self = .refused(key: key, value: value, rule: rule)
    case .noThreads(let count): self = .refused(key: "threads", value: "\(count)", rule: "\(error)")
    }
  }
}
