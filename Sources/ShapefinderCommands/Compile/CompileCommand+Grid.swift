import Answers
import Catalog
import Evidence
import Foundation
import Reporting
import VisionTransformer

extension CompileCommand {
  /// `compile --grid`: every configuration of a grid, in its order, with a map that grows.
  func compileGrid(_ grid: Grid, name: String?, _ context: AnswerContext) throws {
    let sweep = try CompileSweep(grid, context.catalog)
    let session = try session(grid: name, context)
    let start = ContinuousClock.now
    let title = name ?? grid.axes.title
    let (tally, stored) = try session.closeWithStore {
      context.remark(
        "\(title): \(counted(sweep.count, "configuration")); compiled by \(session.compiler)"
          + (compile.memory ? " for their memory" : ""))
      return try compileAll(sweep, session, grid, name: name, context.catalog)
    }
    context.remark(
      "\(tally.summary); \(Seconds((ContinuousClock.now - start) / .seconds(1)))" + (stored.map { "; \($0)" } ?? ""))
    try tally.check()
  }

  private func compileAll(
    _ sweep: CompileSweep, _ session: CompileSession, _ grid: Grid, name: String?, _ catalog: Catalog
  ) throws -> SweepTally {
    let maps = EvidenceMaps(
      name: name, grid: grid, provenance: "\(EvidenceKind.compiled.rawValue) by \(session.compiler)")
    var display = CompileDisplay(
      total: sweep.count, jobs: compile.jobs ?? 1, isShown: !output.scrolls, map: maps.latestText)
    var estimates = Estimators(catalog), reports: [CompiledReport] = []
    var writer = output.writer(.results, expectsErrors: true, flushesEachRow: true) { terminal in
      guard !reports.isEmpty else { return "" }
      return Listing<CompiledReport>.compiled.text(reports, terminal: terminal) + "\n" + maps.text(terminal)
    }
    try writer.begin()
    do {
      let tally = try sweep.run(
        session, mode: compile.mode, jobs: compile.jobs ?? 1, observer: &display,
        heard: { setting, answer, display in
          if let configuration = answer.configuration {
            maps.insert(
              configuration, setting: setting, verdict: answer.evidence?.verdict,
              imagesPerSecond: answer.evidence?.result?.imagesPerSecond)
          }
          display.conclude(CompiledReport(answer).summary, isFailure: answer.evidence == nil)
        },
        take: { answer in
          reports.append(CompiledReport(answer, &estimates))
          if let result = answer.evidence?.result {
            try writer.append(result)
          } else {
            try writer.append(LineError(line: nil, value: answer.title, rule: answer.problem ?? "no answer"))
          }
        })
      try writer.end()
      return tally
    } catch {
      try writer.end()
      throw error
    }
  }

  /// `compile --frontier`: finds the last depth that fits and the first that does not, for every column of a grid.
  func compileFrontier(_ grid: Grid, name: String?, _ context: AnswerContext) throws {
    var frontier = try CompileFrontier(grid, compilesEdge: !compile.memory, context.catalog)
    let columns = frontier.size.columns
    guard columns <= Self.mostColumns else { throw tooMany(columns, "columns", Self.mostColumns) }
    let session = try session(grid: name, context)
    let start = ContinuousClock.now
    context.remark(
      "\(name ?? grid.axes.title): \(counted(columns, "column")) of \(counted(frontier.size.depths, "depth")); compiled by "
        + session.compiler)
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
        try frontier.run(session, jobs: jobs, observer: { CompileDisplay(total: $0, jobs: jobs) }) {
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
