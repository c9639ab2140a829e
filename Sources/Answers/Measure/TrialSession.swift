import Estimation
import Evidence
import EvidenceStore
import Foundation
import Measurement
import TrainingStep
import VisionTransformer
import WorkerProcess

extension EvidenceDetail.Aspect {
  /// Every step of a trial, with what disturbed it: a `TrialReport` as JSON.
  static let trial = EvidenceDetail.Aspect(rawValue: "trial")
}

/// The trials of one invocation: what is known is not measured again, what is measured is stored at once.
package final class TrialSession: RecordedSession {
  /// What came of one configuration.
  package enum Answer: Sendable {
    /// Evidence; the report is nil where steps did not run.
    case evidence(StepResult, TrialReport?, isNew: Bool)
    /// No answer, and why.
    case failed(String, isNew: Bool)

    /// Whether it was found just now.
    package var isNew: Bool {
      switch self {
      case .evidence(_, _, let isNew), .failed(_, let isNew): isNew
      }
    }
  }

  /// What it measures with.
  package let worker: WorkerDescription
  /// Where its evidence comes from, except for the time.
  package let provenance: Provenance
  /// How trials are run.
  package let plan: TrialPlan
  private let runner: any TrialRunning
  private let run: SessionRun
  private var repeater: TrialRepeater
  private let context: AnswerContext

  /// Asks the worker what it measures with, and begins a run.
  ///
  /// - Parameters:
  ///   - store: nil where nothing is to be kept and nothing is known.
  ///   - command: the command line, or what else began the run.
  ///   - grid: name of the grid that is measured.
  /// - Throws: `AnswerError`: a missing component where the worker or its library is not there, interrupted; `StoreError`.
  package init(
    _ runner: some TrialRunning, _ plan: TrialPlan, store: EvidenceStore?, command: String, grid: String?,
    context: AnswerContext
  ) throws {
    self.runner = runner
    self.plan = plan
    self.context = context
    let description: WorkerDescription?
    do throws(TrialError) {
      description = try runner.describe(plan.products, stop: context.stop)
    } catch {
      throw AnswerError(error)
    }
    guard let description else { throw AnswerError(.interrupted, "interrupted: nothing was measured") }
    worker = description
    provenance = Provenance(
      source: TrialOutcome.source, version: TrialOutcome.version,
      speaksFor: description.speaksFor(threads: plan.threads), host: RunDescription.thisHost)
    run = try SessionRun(
      store, RunDescription(command: command, grid: grid, modelVersion: TrialOutcome.version),
      words: SessionRun.Words(one: "trial", many: "trials", verb: "measures"))
    let yardstick = runner.yardstick(threads: plan.threads), stop = context.stop
    repeater = TrialRepeater(
      most: plan.repetitions, name: yardstick.name,
      best: try store?.bestYardstick(yardstick.name, measuredBy: provenance), read: yardstick.read
    ) { seconds in
      Thread.sleep(forTimeInterval: seconds)
      return !stop.isRequested()
    }
  }

  /// What a worker would be asked about a configuration.
  package func request(_ configuration: Configuration) -> TrialRequest {
    plan.request(configuration, memory: worker.memory)
  }

  /// What the store knows of a configuration; nil where it is to be measured.
  ///
  /// - Throws: `StoreError`.
  package func known(_ configuration: Configuration) throws -> Answer? {
    guard let store = run.store, plan.known.evidence else { return nil }
    switch try store.known(configuration, measuredBy: provenance) {
    case nil: return nil
    case .failed(let reason, let explanation)?:
      return !plan.known.failures ? nil : .failed("\(reason): \(explanation)", isNew: false)
    case .evidence(let known)?:
      let details = try store.details(of: known.id)
      let report = details.first { $0.aspect == .trial }.flatMap { try? TrialReport(json: $0.json) }
      return .evidence(known.result, report, isNew: false)
    }
  }

  /// Says in the store that this run, too, rests on what is known.
  ///
  /// - Throws: `StoreError`.
  package func confirm(_ answer: Answer) throws {
    if case .evidence(let result, _, isNew: false) = answer { try run.confirm(result) }
  }

  /// What the store knows of a configuration, on which this run then rests too; else what measuring it says.
  ///
  /// - Throws: `StoreError`, and as `measure`.
  package func answer(
    _ configuration: Configuration, progress: (TrialProcess.Progress) -> Void = { _ in }
  ) throws -> Answer {
    guard let known = try known(configuration) else { return try measure(configuration, progress: progress) }
    try confirm(known)
    return known
  }

  /// Measures a configuration, again where that is asked for and it was disturbed, and stores what comes of it.
  ///
  /// - Throws: `Interrupted` after a stop signal; `ConfigurationError` for what the worker does not run; `AnswerError` where no trial
  ///   can be run; `Unstored` where the store did not take the answer.
  package func measure(
    _ configuration: Configuration, progress: (TrialProcess.Progress) -> Void = { _ in }
  ) throws -> Answer {
    let request = request(configuration)
    let counts = try StepCounts(configuration)
    let outcome: TrialOutcome?
    do throws(TrialError) {
      outcome = try repeater.run { () throws(TrialError) in
        try runner.run(request, stop: context.stop, progress: progress)
      }
    } catch {
      if case .refused(let error) = error { throw error }
      throw AnswerError(error)
    }
    guard let outcome else { throw Interrupted() }
    run.finished += 1
    let time = context.now().formatted(.iso8601)
    var made = provenance
    made.time = time
    let answer: Answer, record: TrialRecord.Outcome
    switch outcome {
    case .failed(let failure):
      answer = .failed(failure.description, isNew: true)
      record = .failed(reason: failure.reason.word, explanation: failure.description)
    case .completed(let report):
      let result = TrialOutcome.result(report, of: request, counts: counts, provenance: made)
      answer = .evidence(result, report, isNew: true)
      record = .evidence(result, details: [EvidenceDetail(aspect: .trial, json: report.json)])
    case .doesNotFit(let needed, let limit):
      let result = TrialOutcome.result(needed: needed, limit: limit, of: request, counts: counts, provenance: made)
      answer = .evidence(result, nil, isNew: true)
      record = .evidence(result)
    }
    try run.record(answer) { (store, run) throws(StoreError) in
      let trial = TrialRecord(
        configuration: configuration, provenance: made, outcome: record, time: time, request: request.json)
      try store.record(trial, run: run)
    }
    return answer
  }

  /// Where answers are kept; nil where they are not. Whoever opened it closes it.
  package var store: EvidenceStore? { run.store }

  /// Runs `body` and closes the run: see `SessionRun.close`.
  package func close<Value>(_ body: () throws -> Value) throws -> (Value, stored: String?) {
    try run.close(failed: { store, run in try store.trialCounts(run: run)["failed"] ?? 0 }, body)
  }

  package typealias Interrupted = SessionRun.Interrupted
  package typealias Unstored = SessionRun.Unstored<Answer>
}

extension AnswerError {
  /// What a trial's error means for a question.
  package init(_ error: TrialError) {
    switch error {
    case .missingWorker, .missingLibrary: self.init(.missingComponent, "\(error)")
    case .cannotStart, .unknownWorker: self.init(.failure, "\(error)")
    case .refused: self.init(.invalid, "\(error)")
    }
  }
}
