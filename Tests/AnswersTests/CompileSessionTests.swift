import Catalog
import Compilation
import Evidence
import EvidenceStore
import Synchronization
import Testing
import VisionTransformer
import WorkerProcess

@testable import Answers

/// Compiles with a stand-in compiler: what is asked, known, stored and stopped.
struct CompileSessionTests {
  private let catalog: Catalog
  private let store: EvidenceStore

  init() throws {
    catalog = try Catalog.bundled()
    store = try EvidenceStore.inMemory()
  }

  private func grid(depths: String) throws -> Grid {
    try Grid(
      axes: Grid.Axes(
        depth: Grid.Axis(parsing: depths), width: Grid.Axis([64]), heads: Grid.Axis([1]), mlpWidth: Grid.Axis([128]),
        patch: Grid.Axis([16])),
      settings: [
        Grid.Setting(name: "default", template: Configuration.Setting(classes: 10))
      ])
  }

  private func session(
    _ compiler: StubCompiler, known: KnownAnswers = KnownAnswers(), stop: WorkerStopSignal = .never
  ) throws -> CompileSession {
    try CompileSession(
      compiler, settings: CompileSettings(), known: known, store: store, command: "test", grid: "grid",
      context: AnswerContext(catalog: catalog, stop: stop))
  }

  private func sweep(
    _ compiler: StubCompiler, depths: String = "1..4", jobs: Int = 1, known: KnownAnswers = KnownAnswers(),
    stop: WorkerStopSignal = .never, observer: inout CountingObserver
  ) throws -> (SweepTally, [CompileAnswer]) {
    let session = try session(compiler, known: known, stop: stop)
    let sweep = try CompileSweep(grid(depths: depths), catalog)
    var answers: [CompileAnswer] = []
    let (tally, _) = try session.close {
      try sweep.run(
        session, mode: .full, jobs: jobs, observer: &observer, heard: { _, _, _ in }, take: { answers.append($0) })
    }
    return (tally, answers)
  }

  @Test func answersComeInTheGridsOrderHoweverManyJobsThereAre() throws {
    let compiler = StubCompiler { StubCompiler.answer($0, total: Bytes(1 << 20)) }
    var observer = CountingObserver()
    let (tally, answers) = try sweep(compiler, depths: "1..12", jobs: 4, observer: &observer)
    #expect(answers.map { $0.configuration?.shape.depth } == (1...12).map { $0 })
    #expect(tally.fits == 12 && tally.known == 0)
    #expect(observer.expected == 12 && observer.begun == 12 && observer.heard == 12 && observer.ended == 1)
    #expect(try store.summary().configurations == 12)
  }

  @Test func whatIsKnownIsNotCompiledAgain() throws {
    let compiler = StubCompiler { StubCompiler.answer($0, total: Bytes(1 << 20)) }
    var observer = CountingObserver()
    _ = try sweep(compiler, observer: &observer)
    let (tally, answers) = try sweep(compiler, depths: "1..5", observer: &observer)
    #expect(compiler.asked.count == 5)
    #expect(tally.known == 4 && tally.fits == 5)
    #expect(answers.map(\.isNew) == [false, false, false, false, true])
    // Known answers say nothing about how long compiles take.
    #expect(observer.finished.compactMap(\.self).count == 5)
    _ = try sweep(compiler, known: KnownAnswers(evidence: false), observer: &observer)
    #expect(compiler.asked.count == 9)
  }

  @Test func aFailureIsKnownUntilItIsToBeTriedAgain() throws {
    let compiler = StubCompiler { _ in .failed(WorkerFailure(.crashed(signal: 6))) }
    var observer = CountingObserver()
    let (tally, answers) = try sweep(compiler, depths: "2", observer: &observer)
    #expect(tally.failed == 1 && answers.first?.problem?.contains("signal 6") == true)
    let (again, known) = try sweep(compiler, depths: "2", observer: &observer)
    #expect(again.failed == 1 && known.first?.isNew == false && compiler.asked.count == 1)
    _ = try sweep(compiler, depths: "2", known: KnownAnswers(failures: false), observer: &observer)
    #expect(compiler.asked.count == 2)
  }

  @Test func aStopKeepsWhatIsDone() throws {
    let stop = Cancellation()
    let compiler = StubCompiler { program in
      stop.request()
      return StubCompiler.answer(program, total: Bytes(1 << 20))
    }
    var observer = CountingObserver()
    let error = #expect(throws: AnswerError.self) {
      try sweep(
        compiler, stop: WorkerStopSignal(descriptor: -1) { stop.isRequested }, observer: &observer)
    }
    #expect(error?.kind == .interrupted)
    #expect(error?.message?.contains("1 compile was finished; stored in in memory as run 1: 1 new") == true)
    #expect(try store.run(1).status == .interrupted)
  }

  @Test func withoutAPluginNothingIsCompiled() throws {
    let compiler = StubCompiler { _ in .unusable(.missing(path: "/nowhere.so")) }
    var observer = CountingObserver()
    let error = #expect(throws: AnswerError.self) { try sweep(compiler, observer: &observer) }
    #expect(error?.kind == .missingComponent && compiler.asked.count == 1)
  }

  @Test(arguments: [0, 3, 7, 10]) func aFrontierIsBetweenWhatFitsAndWhatDoesNot(fitting: Int) throws {
    let grid = try grid(depths: "1..10")
    var totals: [String: Bytes] = [:]
    for column in grid.columns {
      for configuration in column.configurations {
        let program = try CompileProgram(configuration)
        totals[program.hash] = configuration.shape.depth <= fitting ? Bytes(1 << 20) : Bytes(1 << 40)
      }
    }
    let compiler = StubCompiler { [totals] in StubCompiler.answer($0, total: totals[$0.hash] ?? .zero) }
    let session = try session(compiler)
    var frontier = try CompileFrontier(grid, compilesEdge: true, catalog)
    _ = try session.close {
      try frontier.run(session, jobs: 2, observer: { _ in CountingObserver() }) { _, _, _ in }
    }
    let row = try #require(frontier.rows.first)
    #expect(row.fits?.depth == (fitting == 0 ? nil : fitting))
    #expect(row.doesNotFit?.depth == (fitting == 10 ? nil : fitting + 1))
    #expect(row.problem == nil)
  }
}
