import Compilation
import Evidence
import EvidenceStore
import Foundation
import TrainingStep
import VisionTransformer
import WorkerProcess

/// Gets answers from a compiler, or from the store if it has them; usable from any thread.
struct CompileAsker: Sendable {
  /// The compiler.
  let compiler: any CompileRunning
  /// The compiler's options and time limit.
  let settings: CompileSettings
  /// The store that answers are looked up in; nil for none.
  let store: EvidenceStore?
  /// Which stored answers count.
  let known: KnownAnswers
  /// The stop signal.
  let stop: WorkerStopSignal
  /// The current time.
  let now: @Sendable () -> Date

  /// Writes the program, looks it up, and compiles it if the answer is not stored.
  ///
  /// - Returns: the answer, and the record to store; nil for an answer from the store and for a program that cannot be
  ///   compiled.
  /// - Throws: `SessionRun.Interrupted` after a stop signal; `StoreError`; `AnswerError` if nothing can be compiled.
  func ask(
    _ question: CompileQuestion, mode: CompileMode, progress: (CompileProgress) -> Void = { _ in }
  ) throws -> (answer: CompileAnswer, record: CompileRecord?) {
    var reason: String?, mayPass = false
    func answer(_ outcome: CompileAnswer.Outcome, isNew: Bool) -> CompileAnswer {
      CompileAnswer(
        title: question.title, configuration: question.configuration, outcome: outcome, isNew: isNew, reason: reason,
        mayPass: mayPass)
    }
    let program: CompileProgram, topology: CompileTopology
    do throws(ConfigurationError) {
      if let asked = question.configuration?.compiler, asked != CompilerVersion.read(compiler.title) {
        throw ConfigurationError(
          key: Configuration.Key.compiler.rawValue, value: "\(LooseValue.string(asked))",
          rule: "is not the compiler that is asked, \(compiler.title): `shapefinder compile --plugin \(asked)` asks it")
      }
      program = try question.program()
      topology = try question.topology
    } catch {
      reason = "refused"
      return (answer(.refused(error), isNew: true), nil)
    }
    let options = question.options(settings.options, for: program)
    let key = CompileKey(
      programHash: program.hash, compiler: compiler.title, topology: topology.json, options: options.json)
    switch try knownAnswer(key, mode) {
    case .failed(let reason, let explanation)?:
      return (answer(.failed("\(reason): \(explanation)"), isNew: false), nil)
    case .answer(let json, _, let time)?:
      // A report from another version of this program is ignored, and the program compiled again.
      guard let report = try? CompileReport(json: json) else { break }
      return (answer(.evidence(try evidence(question, report, options, time: time)), isNew: false), nil)
    case nil: break
    }
    if stop.isRequested() { throw SessionRun.Interrupted() }
    var told = settings
    told.options = options
    told.mode = mode
    let outcome = compiler.run(program, topology: topology, settings: told, stop: stop, progress: progress)
    let time = now().formatted(.iso8601)
    let found: CompileAnswer.Outcome, stored: CompileRecord.Outcome
    switch outcome {
    case .stopped: throw SessionRun.Interrupted()
    case .unusable(let error): throw AnswerError(.missingComponent, "\(error)")
    case .answered(let report):
      let evidence = try evidence(question, report, options, time: time)
      found = .evidence(evidence)
      stored = .answer(evidence)
    case .refused, .failed:
      let explanation = outcome.failure ?? "no answer"
      found = .failed(explanation)
      stored = .failed(reason: outcome.word, explanation: explanation)
      reason = outcome.word
      if case .failed(let failure) = outcome { mayPass = failure.reason.mayPass }
    }
    return (
      answer(found, isNew: true),
      CompileRecord(
        key: key,
        // A compile that was meant to stop early but finished counts as full.
        mode: outcome.report?.isComplete == true ? .full : mode, configuration: question.configuration,
        provenance: compiler.provenance(options), device: question.device.name, limit: question.limit,
        programName: question.programName, programSize: Bytes(program.bytes.count), outcome: stored, time: time)
    )
  }

  private func knownAnswer(_ key: CompileKey, _ mode: CompileMode) throws(StoreError) -> KnownCompile? {
    guard known.evidence, let store else { return nil }
    let answer = try store.known(key, mode: mode)
    if case .failed(let reason, _)? = answer, !known.failures || WorkerFailure.Reason.mayPass(word: reason) {
      return nil
    }
    return answer
  }

  private func evidence(
    _ question: CompileQuestion, _ report: CompileReport, _ options: CompilerOptions, time: String
  ) throws(ConfigurationError) -> CompiledEvidence {
    var provenance = compiler.provenance(options)
    provenance.time = time
    let clock = question.device.clock
    var evidence = CompiledEvidence(
      title: question.title, device: question.device.name, report: report,
      verdict: report.verdict(limit: question.limit) ?? .uncertain, memory: report.breakdown(limit: question.limit),
      stepSeconds: report.stepSeconds(clock: clock), provenance: provenance, result: nil)
    guard let configuration = question.configuration else {
      evidence.provenance.isOfMemoryOnly = !report.isComplete
      evidence.provenance.notes += report.notes
      return evidence
    }
    let result = report.result(
      for: configuration, limit: question.limit, clock: clock, counts: try StepCounts(configuration),
      provenance: provenance)
    (evidence.verdict, evidence.memory) = (result.verdict, result.memory)
    (evidence.stepSeconds, evidence.provenance) = (result.stepSeconds, result.provenance)
    evidence.result = result
    return evidence
  }
}

extension CompileOutcome {
  /// The store's word for the reason that a compile has no answer.
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
