import Estimation
import Evidence
import EvidenceStore
import Foundation
import Measurement
import Reporting
import TrainingStep
import VisionTransformer
import WorkerProcess

extension EvidenceDetail.Aspect {
  /// Every step of a trial, with what disturbed it: a `TrialReport` as JSON.
  static let trial = EvidenceDetail.Aspect(rawValue: "trial")
}

/// The trials of one invocation: what is known is not measured again, what is measured is stored at once.
final class TrialSession {
  /// What came of one configuration.
  enum Answer {
    /// Evidence; the report is nil where steps did not run.
    case evidence(StepResult, TrialReport?, isNew: Bool)
    /// No answer, and why.
    case failed(String, isNew: Bool)
  }

  /// What it measures with.
  let worker: WorkerDescription
  /// Where its evidence comes from, but for the time.
  let provenance: Provenance
  let options: TrialOptions
  private let process: TrialProcess
  private let run: SessionRun
  private let yardstick: Yardstick
  private var repeater: TrialRepeater

  /// Finds the worker, asks it what it measures with, and begins a run.
  ///
  /// - Parameter store: nil where nothing is to be kept and nothing is known.
  /// - Throws: `CommandError`: a missing component where the worker or its library is not there; `StoreError`.
  init(_ options: TrialOptions, grid: String?, store: EvidenceStore?) throws {
    self.options = options
    let description: WorkerDescription?
    do throws(TrialError) {
      process = TrialProcess(try WorkerProgram.find())
      description = try process.describe(options.products, stop: Interruption.stopSignal)
    } catch {
      throw CommandError(error)
    }
    guard let description else { throw CommandError.interrupted(kept: "nothing was measured") }
    worker = description
    provenance = Provenance(
      source: TrialOutcome.source, version: TrialOutcome.version,
      speaksFor: description.speaksFor(threads: options.threadsUsed), host: RunDescription.thisHost)
    run = try SessionRun(
      store, grid: grid, modelVersion: TrialOutcome.version,
      words: SessionRun.Words(one: "trial", many: "trials", verb: "measures"))
    let yardstick = Yardstick(threads: options.threadsUsed)
    self.yardstick = yardstick
    repeater = TrialRepeater(
      most: options.repeatDisturbed ?? 0, name: yardstick.name,
      best: try store?.bestYardstick(yardstick.name, measuredBy: provenance)
    ) {
      yardstick.read()
    } rest: { seconds in
      Thread.sleep(forTimeInterval: seconds)
      return !Interruption.isRequested
    }
  }

  /// What a worker would be asked about a configuration.
  func request(_ configuration: Configuration) -> TrialRequest {
    options.request(configuration, memory: worker.memory)
  }

  /// What the store knows of a configuration; nil where it is to be measured.
  ///
  /// - Throws: `StoreError`.
  func known(_ configuration: Configuration) throws -> Answer? {
    guard let store = run.store, !options.again else { return nil }
    switch try store.known(configuration, measuredBy: provenance) {
    case nil: return nil
    case .failed(let reason, let explanation)?:
      return options.retryFailed ? nil : .failed("\(reason): \(explanation)", isNew: false)
    case .evidence(let known)?:
      let details = try store.details(of: known.id)
      let report = details.first { $0.aspect == .trial }.flatMap { try? TrialReport(json: $0.json) }
      return .evidence(known.result, report, isNew: false)
    }
  }

  /// Says in the store that this run, too, rests on what is known.
  ///
  /// - Throws: `StoreError`.
  func confirm(_ answer: Answer) throws {
    if case .evidence(let result, _, isNew: false) = answer { try run.confirm(result) }
  }

  /// Measures a configuration, again where that is asked for and it was disturbed, and stores what comes of it.
  ///
  /// - Throws: `Interrupted` after a signal; `ConfigurationError` for what the worker does not run; `CommandError` where no trial
  ///   can be run; `Unstored` where the store did not take the answer.
  func measure(
    _ configuration: Configuration, progress: (TrialProcess.Progress) -> Void = { _ in }
  ) throws -> Answer {
    let request = request(configuration)
    let counts = try StepCounts(configuration)
    let outcome: TrialOutcome?
    do throws(TrialError) {
      outcome = try repeater.run { () throws(TrialError) in
        try process.run(request, stop: Interruption.stopSignal, progress: progress)
      }
    } catch {
      if case .refused(let error) = error { throw error }
      throw CommandError(error)
    }
    guard let outcome else { throw Interrupted() }
    run.finished += 1
    let time = Date.now.formatted(.iso8601)
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

  /// Runs `body` and closes the run: see `SessionRun.close`.
  func close<Value>(_ body: () throws -> Value) throws -> (Value, stored: String?) {
    try run.close(failed: { store, run in try store.trialCounts(run: run)["failed"] ?? 0 }, body)
  }

  typealias Interrupted = SessionRun.Interrupted
  typealias Unstored = SessionRun.Unstored<Answer>
}

extension CommandError {
  /// What a trial's error means for a command.
  init(_ error: TrialError) {
    switch error {
    case .missingWorker, .missingLibrary: self.init(status: .missingComponent, message: "\(error)")
    case .cannotStart, .unknownWorker: self.init(status: .failure, message: "\(error)")
    case .refused: self.init(status: .usage, message: "\(error)")
    }
  }
}

extension Interruption {
  /// The same for whoever waits for a worker.
  static var stopSignal: TrialProcess.StopSignal {
    TrialProcess.StopSignal(descriptor: descriptor) { isRequested }
  }
}
