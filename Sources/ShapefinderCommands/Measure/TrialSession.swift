import Estimation
import EvidenceStore
import Foundation
import Measurement
import Reporting
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
  private let options: TrialOptions
  private let process: TrialProcess
  private let store: EvidenceStore?
  private let run: Int?
  private let writer: EvidenceWriter?
  /// Trials that were run, and how many came to no answer.
  private(set) var trials = 0
  private(set) var failures = 0

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
    self.store = store
    run = try store?.beginRun(RunDescription(command: commandLine, grid: grid, modelVersion: TrialOutcome.version))
    writer = try run.flatMap { run in try store?.writer(run: run) }
  }

  /// What a worker would be asked about a configuration.
  func request(_ configuration: Configuration) -> TrialRequest {
    options.request(configuration, memory: worker.memory)
  }

  /// What the store knows of a configuration; nil where it is to be measured.
  ///
  /// - Throws: `StoreError`.
  func known(_ configuration: Configuration) throws -> Answer? {
    guard let store, !options.again else { return nil }
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
    if case .evidence(let result, _, isNew: false) = answer { try writer?.append(result) }
  }

  /// Measures a configuration and stores what comes of it.
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
      outcome = try process.run(request, stop: Interruption.stopSignal, progress: progress)
    } catch {
      if case .refused(let error) = error { throw error }
      throw CommandError(error)
    }
    guard let outcome else { throw Interrupted() }
    trials += 1
    let time = Date.now.formatted(.iso8601)
    var made = provenance
    made.time = time
    let answer: Answer, record: TrialRecord.Outcome
    switch outcome {
    case .failed(let failure):
      failures += 1
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
    if let store, let run {
      let trial = TrialRecord(
        configuration: configuration, provenance: made, outcome: record, time: time, request: request.json)
      do {
        try store.record(trial, run: run)
      } catch {
        throw Unstored(answer: answer, error: error)
      }
    }
    return answer
  }

  /// Runs `body` and closes the run as *finished*, as *interrupted* after a signal or where the reader has gone, as *failed* after
  /// any other error. What was measured before is kept in any case.
  ///
  /// - Returns: what `body` returned, and what was stored.
  /// - Throws: what `body` throws; for a signal `CommandError.interrupted` that says what was kept.
  func close<Value>(_ body: () throws -> Value) throws -> (Value, stored: String?) {
    do {
      let value = try body()
      return (value, try finish(.finished))
    } catch is Interrupted {
      let kept = try finish(.interrupted)
      let were = trials == 1 ? "1 trial was" : "\(grouped(trials)) trials were"
      throw CommandError.interrupted(
        kept: "\(were) finished; "
          + (kept.map { "\($0); the same command again measures the rest, and nothing twice" } ?? "nothing was stored"))
    } catch let unstored as Unstored {
      _ = try? finish(.failed)
      throw unstored.error
    } catch {
      // The first error tells more than one about the run's own row.
      _ = try? finish(error as? OutputError == .closed ? .interrupted : .failed)
      throw error
    }
  }

  private func finish(_ status: RunStatus) throws -> String? {
    guard let store, let run else { return nil }
    defer { try? store.close() }
    try writer?.flush()
    try store.finishRun(run, status: status)
    let counts = try store.run(run).counts
    let failed = try store.trialCounts(run: run)["failed"] ?? 0
    let summary = Recording.StoredRun(id: run, counts: counts, path: store.path).summary
    return failed == 0 ? summary : summary + ", \(grouped(failed)) failed"
  }

  /// Thrown where a signal stopped a trial.
  struct Interrupted: Error {}

  /// An answer that the store did not take.
  struct Unstored: Error {
    var answer: Answer
    var error: StoreError
  }
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
