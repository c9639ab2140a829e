import Compilation
import Evidence
import EvidenceStore
import Foundation
import Synchronization
import VisionTransformer
import WorkerProcess

/// The compiles of one invocation: what is known is not compiled again, what is compiled is stored at once.
package final class CompileSession: RecordedSession {
  /// The compiler, such as `libtpu 0.0.17.1`.
  package let compiler: String
  let asker: CompileAsker
  private let run: SessionRun
  private let cancelled = Cancellation()

  /// Begins a run.
  ///
  /// - Parameters:
  ///   - store: nil where nothing is to be kept and nothing is known.
  ///   - command: the command line, or what else began the run.
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

  /// Asks `questions`, some at once, and hands on each answer as it comes.
  ///
  /// - Parameters:
  ///   - mode: how far compiles go.
  ///   - jobs: compiles side by side.
  ///   - take: takes the answer to a question by its number. An answer that the store did not take is handed on before the
  ///     store's error is thrown.
  /// - Throws: what `take` throws; `SessionRun.Interrupted` after a stop signal; `StoreError`; `AnswerError` where nothing can be
  ///   compiled.
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

  /// Stores what came of a question; an answer that the store has confirms it.
  ///
  /// - Returns: why the store did not take it.
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

  /// Where answers are kept; nil where they are not. Whoever opened it closes it.
  package var store: EvidenceStore? { run.store }

  /// Runs `body` and closes the run: see `SessionRun.close`.
  package func close<Value>(_ body: () throws -> Value) throws -> (Value, stored: String?) {
    try run.close(failed: { store, run in try store.failedCompiles(run: run) }, body)
  }
}

/// What a thread that asks a compiler tells the one that stores and shows.
private enum CompileEvent: Sendable {
  /// A question is looked up or compiled.
  case begun(Int)
  /// Its compile says something.
  case heard(Int, CompileProgress)
  /// It is answered.
  case answered(Int, Result<(answer: CompileAnswer, record: CompileRecord?), any Error>)
}

/// A request to stop from within.
final class Cancellation: Sendable {
  private let flag = Atomic(false)
  var isRequested: Bool { flag.load(ordering: .relaxed) }
  func request() { flag.store(true, ordering: .relaxed) }
}
