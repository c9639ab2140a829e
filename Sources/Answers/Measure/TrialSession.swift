import Estimation
import Evidence
import EvidenceStore
import Foundation
import Measurement
import TrainingStep
import VisionTransformer
import WorkerProcess

extension EvidenceDetail.Aspect {
  /// Every step of a trial and its disturbances: a `TrialReport` as JSON.
  static let trial = EvidenceDetail.Aspect(rawValue: "trial")
}

/// The trials of one invocation: known answers are not measured again, and new ones are stored at once.
package final class TrialSession: RecordedSession {
  /// The outcome for one configuration.
  package enum Answer: Sendable {
    /// Evidence; the report is nil if no steps ran.
    case evidence(StepResult, TrialReport?, isNew: Bool)
    /// No answer, with the reason.
    case failed(Failure, isNew: Bool)

    /// Whether it was measured just now.
    package var isNew: Bool {
      switch self {
      case .evidence(_, _, let isNew), .failed(_, let isNew): isNew
      }
    }

    /// Why there is no answer.
    package struct Failure: Sendable, Hashable {
      /// The reason as one word, as in the store.
      package var reason: String
      /// The reason in full.
      package var explanation: String

      /// Whether the machine failed, not the question: the same again may succeed.
      package var mayPass: Bool { WorkerFailure.Reason.mayPass(word: reason) }
    }
  }

  /// The libraries and machine that it measures with.
  package let worker: WorkerDescription
  /// The provenance of its evidence, without the time.
  package let provenance: Provenance
  /// How trials are run.
  package let plan: TrialPlan
  private let runner: any TrialRunning
  private let run: SessionRun
  private var repeater: TrialRepeater
  private let context: AnswerContext

  /// Asks the worker what it measures with, and starts a run.
  ///
  /// - Parameters:
  ///   - store: nil if nothing is to be stored or looked up.
  ///   - command: the command line, or another description of what started the run.
  ///   - grid: name of the grid that is measured.
  /// - Throws: `AnswerError`: a missing component if the worker or its library is missing, interrupted; `StoreError`.
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

  /// The request to a worker for a configuration.
  package func request(_ configuration: Configuration) -> TrialRequest {
    plan.request(configuration, memory: worker.memory)
  }

  /// The stored answer for a configuration; nil if it must be measured.
  ///
  /// - Throws: `StoreError`.
  package func known(_ configuration: Configuration) throws -> Answer? {
    guard let store = run.store, plan.known.evidence else { return nil }
    switch try store.known(configuration, measuredBy: provenance) {
    case nil: return nil
    case .failed(let reason, let explanation)?:
      let failure = Answer.Failure(reason: reason, explanation: "\(reason): \(explanation)")
      return !plan.known.failures || failure.mayPass ? nil : .failed(failure, isNew: false)
    case .evidence(let known)?:
      let details = try store.details(of: known.id)
      let report = details.first { $0.aspect == .trial }.flatMap { try? TrialReport(json: $0.json) }
      return .evidence(known.result, report, isNew: false)
    }
  }

  /// Records that this run also uses a stored answer.
  ///
  /// - Throws: `StoreError`.
  package func confirm(_ answer: Answer) throws {
    if case .evidence(let result, _, isNew: false) = answer { try run.confirm(result) }
  }

  /// The stored answer for a configuration, which is then confirmed for this run; otherwise the result of measuring it.
  ///
  /// - Throws: `StoreError`, and as `measure`.
  package func answer(
    _ configuration: Configuration, progress: (TrialProcess.Progress) -> Void = { _ in }
  ) throws -> Answer {
    guard let known = try known(configuration) else { return try measure(configuration, progress: progress) }
    try confirm(known)
    return known
  }

  /// Measures a configuration, repeating disturbed trials as planned, and stores the outcome.
  ///
  /// - Throws: `Interrupted` after a stop signal; `ConfigurationError` for a configuration that the worker does not
  ///   support; `AnswerError` if no trial can be run; `Unstored` if the answer could not be stored.
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
      answer = .failed(.init(reason: failure.reason.word, explanation: failure.description), isNew: true)
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

  /// The store; nil if nothing is stored. The caller that opened it closes it.
  package var store: EvidenceStore? { run.store }

  /// Runs `body` and closes the run: see `SessionRun.close`.
  package func close<Value>(_ body: () throws -> Value) throws -> (Value, stored: String?) {
    try run.close(failed: { store, run in try store.trialCounts(run: run)["failed"] ?? 0 }, body)
  }

  package typealias Interrupted = SessionRun.Interrupted
  package typealias Unstored = SessionRun.Unstored<Answer>
}

extension AnswerError {
  /// The error of a question whose trial could not run.
  package init(_ error: TrialError) {
    switch error {
    case .missingWorker, .missingLibrary: self.init(.missingComponent, "\(error)")
    case .cannotStart, .unknownWorker: self.init(.failure, "\(error)")
    case .refused: self.init(.invalid, "\(error)")
    }
  }
}
