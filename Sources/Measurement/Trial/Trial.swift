import Evidence
import Foundation
import VisionTransformer

/// A trial, as run in the worker.
struct Trial {
  let request: TrialRequest
  /// Called with each event.
  let report: (WorkerEvent) -> Void

  /// Runs the trial to its end and reports its events.
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
    let warmUp = run(request.warmUp, runner, isWarmUp: true)
    let steps = run(request.steps, runner, isWarmUp: false)
    return TrialReport(
      warmUp: warmUp, steps: steps, planned: runner.plannedBytes, highWater: runner.allocatedBytes,
      resident: runner.residentBytes, parts: runner.breakdown, processor: Machine.processor,
      instructions: Machine.instructions, threads: request.threads, library: runner.library,
      host: ProcessInfo.processInfo.hostName)
  }

  /// Seconds for which steps follow each other as in training. Between bursts the threads' waiting time is read and
  /// events are sent to the parent, which takes a tenth of a millisecond of a processor that a step could use.
  private static let burst = 0.05

  private func run(_ count: TrialRequest.StepCount, _ runner: StepRunner, isWarmUp: Bool) -> [TrialStep] {
    let clock = ContinuousClock()
    let start = clock.now
    var steps: [TrialStep] = []
    func wantsMore(_ more: Int) -> Bool {
      count.wantsMore(than: steps.count + more, after: (clock.now - start) / .seconds(1))
    }
    while wantsMore(0) {
      let before = Disturbance()
      let burst = clock.now
      var timed: [Disturbance.Step] = []
      var switches = Disturbance.switches
      repeat {
        let timing = runner.step()
        let now = Disturbance.switches
        timed.append((timing, switches.flatMap { before in now.map { $0 - before } }))
        switches = now
      } while (clock.now - burst) / .seconds(1) < Self.burst && wantsMore(timed.count)
      let done = before.steps(timed)
      steps += done
      for step in done { report(.step(step, isWarmUp: isWarmUp)) }
    }
    return steps
  }
}

extension WorkerEvent {
  /// The event that reports an error.
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
