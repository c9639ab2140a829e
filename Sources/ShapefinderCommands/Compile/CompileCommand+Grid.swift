import Answers
import Evidence
import Foundation
import Reporting
import VisionTransformer

extension CompileCommand {
  /// `compile --grid`: every configuration of a grid or of a shard, with a map that grows.
  func compileGrid(_ grid: Grid, name: String?, _ context: AnswerContext) throws {
    let sweep = try CompileSweep.limited(grid, context.catalog, shard: shards.shard, mode: compile.mode)
    let path = shards.path(.compile, grid: name, storage, noStore: noStore)
    let session = try session(grid: name, keeps: path == nil, context)
    let file = try path.map { try TaskFile($0, known: compile.known, context) }
    let start = ContinuousClock.now
    let title = (shards.shard.map { "shard \($0) of " } ?? "") + (name ?? grid.axes.title)
    let (tally, stored) = try session.closeWithStore(file) {
      context.remark(
        "\(title): \(counted(sweep.count, "configuration")); compiled by \(session.compiler)"
          + (compile.memory ? " for their memory" : ""))
      let table = CompileTable(grid, name: name, compiler: session.compiler, context.catalog)
      return try compileAll(sweep, session, file, table)
    }
    context.remark(
      "\(tally.summary); \(Seconds((ContinuousClock.now - start) / .seconds(1)))" + (stored.map { "; \($0)" } ?? ""))
    try tally.check()
  }

  private func compileAll(
    _ sweep: CompileSweep, _ session: CompileSession, _ file: TaskFile?, _ table: CompileTable
  ) throws -> SweepTally {
    var display = display(total: sweep.count, isShown: !output.scrolls, map: table.latestMap)
    var answers = AnsweredLines(
      output.writer(.results, expectsErrors: true, flushesEachRow: true, text: table.text))
    return try answers.write { answers in
      try sweep.run(
        session, mode: compile.mode, jobs: compile.jobs ?? 1, observer: &display, file: file,
        heard: { setting, answer, display in
          table.hear(setting: setting, answer)
          display.conclude(CompiledReport(answer).summary, isFailure: answer.evidence == nil)
        }, take: { try answers.take(table.take($0)) })
    }
  }

  /// `compile --frontier`: finds the last depth that fits and the first that does not, for every column of a grid.
  func compileFrontier(_ grid: Grid, name: String?, _ context: AnswerContext) throws {
    var frontier = try CompileFrontier(grid, compilesEdge: !compile.memory, context.catalog)
    try frontier.checkSize()
    let session = try session(grid: name, context)
    let start = ContinuousClock.now
    context.remark("\(name ?? grid.axes.title): \(frontier.title); compiled by \(session.compiler)")
    var results: [StepResult] = []
    func end(_ rows: [FrontierRow]) throws {
      guard !results.isEmpty || rows.contains(where: { $0.problem != nil }) else { return }
      try output.write(results, Listing<StepResult>.results) { terminal in
        Listing<FrontierRow>.frontier.text(rows, terminal: terminal)
      }
    }
    let jobs = compile.jobs ?? 1
    let (_, stored) = try session.closeWithStore {
      do {
        try frontier.run(session, jobs: jobs, observer: { display(total: $0) }) {
          setting, answer, display in
          if let result = answer.evidence?.result { results.append(result) }
          let verdict = answer.evidence.map { Styled(verdict: $0.verdict).plain } ?? "failed"
          display.conclude("\(answer.title)  \(setting)  \(verdict)", isFailure: answer.evidence == nil)
        }
      } catch {
        try end(frontier.rows)
        throw error
      }
      try end(frontier.rows)
    }
    let seconds = Seconds((ContinuousClock.now - start) / .seconds(1))
    context.remark("\(frontier.summary); \(seconds)" + (stored.map { "; \($0)" } ?? ""))
    try frontier.check()
  }
}
