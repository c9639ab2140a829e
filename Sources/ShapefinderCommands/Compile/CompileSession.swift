import Compilation
import Evidence
import EvidenceStore
import Foundation
import Reporting
import Synchronization
import TrainingStep
import VisionTransformer
import WorkerProcess

/// What a compiler said of a question.
struct CompiledEvidence: Sendable {
  var question: CompileQuestion
  var report: CompileReport
  var verdict: Verdict
  var memory: MemoryBreakdown
  var stepSeconds: Seconds?
  var provenance: Provenance
  /// The result of the contract; nil for a program of one's own.
  var result: StepResult?
}

/// The compiles of one invocation: what is known is not compiled again, what is compiled is stored at once.
final class CompileSession {
  /// What came of one question.
  enum Answer: Sendable {
    /// Evidence.
    case evidence(CompiledEvidence, isNew: Bool)
    /// No answer, and why.
    case failed(String, isNew: Bool)
  }

  /// Who is asked; shared by the threads that wait for answers.
  let asker: CompileAsker
  private let run: SessionRun
  private let cancelled = Cancellation()

  /// Finds the plugin and the worker, and begins a run.
  ///
  /// - Parameter store: nil where nothing is to be kept and nothing is known.
  /// - Throws: `CommandError`: a missing component where plugin or worker is not there; `StoreError`.
  init(_ options: CompileOptions, grid: String?, store: EvidenceStore?) throws {
    let compiler = try options.compiler()
    let cancelled = cancelled
    let stop = WorkerStopSignal(descriptor: Interruption.descriptor) {
      Interruption.isRequested || cancelled.isRequested
    }
    asker = CompileAsker(
      compiler: compiler, settings: options.settings, store: store, knowsAnswers: !options.again,
      knowsFailures: !options.retryFailed, stop: stop)
    run = try SessionRun(
      store, grid: grid, modelVersion: compiler.plugin.title,
      words: SessionRun.Words(one: "compile", many: "compiles", verb: "compiles"))
  }

  /// Ends what runs, because its answers are of no use any more.
  func cancel() { cancelled.request() }

  /// Takes in what came of a question, and stores it.
  ///
  /// - Throws: `Interrupted` after a signal; `ConfigurationError` for what cannot be compiled; `CommandError` where nothing can be;
  ///   `Unstored` where the store did not take the answer.
  func take(_ asked: CompileAsker.Asked) throws -> Answer {
    let question = asked.question
    switch asked.outcome {
    case .refused(let error): throw error
    case .unreadable(let error): throw error
    case .knownFailure(let reason): return .failed(reason, isNew: false)
    case .known(let report, let time):
      let evidence = try evidence(question, report, asked.options, time: time)
      if let result = evidence.result { try run.confirm(result) }
      return .evidence(evidence, isNew: false)
    case .ended(.stopped): throw Interrupted()
    case .ended(.unusable(let error)):
      throw CommandError(status: .missingComponent, message: "\(error)")
    case .ended(let outcome):
      run.finished += 1
      let time = Date.now.formatted(.iso8601)
      let answer: Answer, record: CompileRecord.Outcome
      if let report = outcome.report {
        let evidence = try evidence(question, report, asked.options, time: time)
        answer = .evidence(evidence, isNew: true)
        record = .answer(
          evidence.result, verdict: evidence.verdict, total: evidence.memory.total, report: report.json,
          seconds: report.seconds)
      } else {
        let explanation = outcome.failure ?? "no answer"
        answer = .failed(explanation, isNew: true)
        record = .failed(reason: outcome.word, explanation: explanation)
      }
      try run.record(answer) { (store, run) throws(StoreError) in
        let compile = CompileRecord(
          key: asked.key, mode: asked.mode, configuration: question.configuration,
          provenance: asker.compiler.plugin.provenance(asked.options), device: question.device.name,
          limit: question.limit, programName: question.programName, programSize: asked.programSize, outcome: record,
          time: time)
        try store.record(compile, run: run)
      }
      if outcome.report != nil, question.configuration == nil { run.ownPrograms += 1 }
      return answer
    }
  }

  private func evidence(
    _ question: CompileQuestion, _ report: CompileReport, _ options: CompilerOptions, time: String
  ) throws(ConfigurationError) -> CompiledEvidence {
    var provenance = asker.compiler.plugin.provenance(options)
    provenance.time = time
    let clock = question.device.clock
    if let configuration = question.configuration {
      let result = report.result(
        for: configuration, limit: question.limit, clock: clock, counts: try StepCounts(configuration),
        provenance: provenance)
      return CompiledEvidence(
        question: question, report: report, verdict: result.verdict, memory: result.memory,
        stepSeconds: result.stepSeconds, provenance: result.provenance, result: result)
    }
    provenance.notes += report.notes
    return CompiledEvidence(
      question: question, report: report, verdict: report.verdict(limit: question.limit) ?? .uncertain,
      memory: report.breakdown(limit: question.limit), stepSeconds: report.stepSeconds(clock: clock),
      provenance: provenance)
  }

  /// Runs `body` and closes the run: see `SessionRun.close`.
  func close<Value>(_ body: () throws -> Value) throws -> (Value, stored: String?) {
    try run.close(failed: { store, run in try store.failedCompiles(run: run) }, body)
  }

  typealias Interrupted = SessionRun.Interrupted
  typealias Unstored = SessionRun.Unstored<Answer>
}

/// A request to stop from within.
final class Cancellation: Sendable {
  private let flag = Atomic(false)
  var isRequested: Bool { flag.load(ordering: .relaxed) }
  func request() { flag.store(true, ordering: .relaxed) }
}

extension CompileOutcome {
  /// The word in the store for a compile without an answer.
  fileprivate var word: String {
    switch self {
    case .answered: "answered"
    case .refused: "refused"
    case .unusable: "unusable"
    case .failed(let failure): failure.reason.word
    case .stopped: "stopped"
    }
  }
}
