import Compilation
import Evidence
import EvidenceStore
import Foundation
import Synchronization
import VisionTransformer
import WorkerProcess

/// The compiles of one invocation: known answers are not compiled again, and new ones are stored at once.
package final class CompileSession: RecordedSession {
  /// The compiler, such as `libtpu 0.0.17.1`.
  package let compiler: String
  let asker: CompileAsker
  private let run: SessionRun
  private let cancelled = Cancellation()

  /// Starts a run.
  ///
  /// - Parameters:
  ///   - store: nil if nothing is to be stored or looked up.
  ///   - command: the command line, or another description of what started the run.
  ///   - grid: name of the grid that is compiled.
  /// - Throws: `StoreError`.
  package init(
    _ compiler: some CompileRunning, settings: CompileSettings, known: KnownAnswers = KnownAnswers(),
    store: EvidenceStore?, command: String, grid: String?, context: AnswerContext
  ) throws {
    self.compiler = compiler.title
    let cancelled = cancelled, stop = context.stop
    asker = CompileAsker(
      compiler: compiler, settings: settings, store: store, known: known,
      stop: WorkerStopSignal(descriptor: stop.descriptor) { stop.isRequested() || cancelled.isRequested },
      now: context.now)
    run = try SessionRun(
      store, RunDescription(command: command, grid: grid, modelVersion: compiler.title),
      words: SessionRun.Words(one: "compile", many: "compiles", verb: "compiles"))
  }

  /// Asks `questions`, some in parallel, and passes on each answer as it comes.
  ///
  /// - Parameters:
  ///   - mode: how far compiles go.
  ///   - jobs: number of parallel compiles.
  ///   - take: receives the answer to a question by its index. An answer that could not be stored is passed on before the
  ///     store's error is thrown.
  /// - Throws: errors from `take`; `SessionRun.Interrupted` after a stop signal; `StoreError`; `AnswerError` if nothing
  ///   can be compiled.
  package func ask<Observer: CompileObserver>(
    _ questions: [CompileQuestion], mode: CompileMode, jobs: Int, observer: inout Observer,
    _ take: (Int, CompileAnswer, inout Observer) throws -> Void
  ) throws {
    let asker = asker
    func weight(_ index: Int) -> Double { CompileClock.weight(questions[index], mode: mode) }
    defer { observer.end() }
    for index in questions.indices { observer.expect(index, weight: weight(index), mode: mode) }
    try JobTeam<CompileEvent>(size: jobs).run(
      questions.count,
      work: { index, post in
        post(.begun(index))
        post(
          .answered(
            index, Result { try asker.ask(questions[index], mode: mode) { post(.heard(index, $0)) } }))
      },
      tick: { observer.tick() }, cancel: { cancelled.request() }
    ) { event in
      switch event {
      case .begun(let index):
        observer.begin(index, questions[index].title, weight: weight(index), mode: mode)
      case .heard(let index, let progress): observer.hear(index, progress)
      case .answered(let index, let asked):
        let (answer, record): (CompileAnswer, CompileRecord?)
        do {
          (answer, record) = try asked.get()
        } catch {
          observer.finish(index, seconds: nil)
          throw error
        }
        let unstored = try keep(answer, record)
        observer.finish(index, seconds: record == nil ? nil : answer.evidence?.report.seconds.value)
        try take(index, answer, &observer)
        if let unstored { throw unstored }
      }
    }
  }

  /// Stores the answer to a question; an answer from the store is confirmed.
  ///
  /// - Returns: why it could not be stored; nil if it was.
  private func keep(_ answer: CompileAnswer, _ record: CompileRecord?) throws -> SessionRun.Unstored<CompileAnswer>? {
    guard let record else {
      if !answer.isNew, let result = answer.evidence?.result { try run.confirm(result) }
      return nil
    }
    run.finished += 1
    do {
      try run.record(answer) { (store, run) throws(StoreError) in try store.record(record, run: run) }
    } catch let error as SessionRun.Unstored<CompileAnswer> {
      return error
    }
    if answer.evidence != nil, answer.configuration == nil { run.ownPrograms += 1 }
    return nil
  }

  /// The origin of its answers, without the time.
  package var provenance: Provenance { asker.compiler.provenance(asker.settings.options) }

  /// The store; nil if nothing is stored. The caller that opened it closes it.
  package var store: EvidenceStore? { run.store }

  /// Runs `body` and closes the run: see `SessionRun.close`.
  package func close<Value>(_ body: () throws -> Value) throws -> (Value, stored: String?) {
    try run.close(failed: { store, run in try store.failedCompiles(run: run) }, body)
  }
}

/// A message from a thread that asks a compiler to the thread that stores and shows.
private enum CompileEvent: Sendable {
  /// A question is looked up or compiled.
  case begun(Int)
  /// Its compile reported an event.
  case heard(Int, CompileProgress)
  /// It is answered.
  case answered(Int, Result<(answer: CompileAnswer, record: CompileRecord?), any Error>)
}

/// A stop request from within the program.
final class Cancellation: Sendable {
  private let flag = Atomic(false)
  var isRequested: Bool { flag.load(ordering: .relaxed) }
  func request() { flag.store(true, ordering: .relaxed) }
}
