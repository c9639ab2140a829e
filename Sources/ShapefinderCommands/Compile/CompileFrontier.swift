import Catalog
import Evidence
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// `compile --frontier`: of every column of a grid the last depth that fits and the first that does not.
///
/// All columns that are still open are asked about at once, one depth each, so that `--jobs` compiles run side by side.
struct CompileFrontier {
  /// A column and how far its search is.
  struct Column {
    var column: GridColumn
    var setting: String
    /// Questions by depth.
    var questions: [CompileQuestion]
    /// Place of the last depth that is estimated to fit; -1 for none.
    var estimated: Int
    fileprivate var found: [Int: CompiledEvidence] = [:]
    fileprivate var compiles = 0
  }

  private var columns: [Column]
  private var searches: [FrontierSearch]
  private let title: String
  private let options: CompileOptions
  private let session: CompileSession
  private let output: OutputOptions
  private var results: [StepResult] = []
  private var settled = 0

  /// The columns of a grid with their estimated edges.
  ///
  /// - Throws: `CommandError` for a configuration that cannot be compiled.
  static func columns(of grid: Grid, _ catalog: Catalog) throws -> [Column] {
    var estimators = Estimators(catalog)
    do {
      return try grid.columns.map { column in
        let configurations = Array(column.configurations)
        let estimator = try estimators.estimator(for: column.configuration)
        return Column(
          column: column, setting: grid.settings[column.setting].title,
          questions: try configurations.map { try CompileQuestion($0, catalog) },
          estimated: configurations.lastIndex { estimator.estimate($0).verdict == .fits } ?? -1)
      }
    } catch let error as ConfigurationError {
      throw CommandError.usage(error)
    }
  }

  init(
    name: String?, grid: Grid, columns: [Column], options: CompileOptions, session: CompileSession,
    output: OutputOptions
  ) {
    title = name ?? grid.axes.title
    self.columns = columns
    self.options = options
    self.session = session
    self.output = output
    searches = columns.map {
      FrontierSearch(count: $0.questions.count, estimated: $0.estimated, compilesEdge: !options.memory)
    }
  }

  /// Searches every column, and says where the edges are.
  ///
  /// - Throws: `CommandError`: nothing fits; failure where an edge stays open; interrupted.
  mutating func run() throws {
    let start = ContinuousClock.now
    remark(
      "\(title): \(grouped(columns.count)) columns of \(grouped(columns.first?.questions.count ?? 0)) depths; compiled by "
        + session.asker.compiler.plugin.title)
    let (_, stored) = try session.close { try searchAll() }
    let compiles = columns.reduce(0) { $0 + $1.compiles }
    let rows = rows
    let open = rows.count { $0.problem != nil }
    remark(
      "edges confirmed: \(grouped(columns.count - open)) of \(grouped(columns.count)), answers asked: \(grouped(compiles)); "
        + "\(Seconds((ContinuousClock.now - start) / .seconds(1)))" + (stored.map { "; \($0)" } ?? ""))
    if open > 0 {
      throw CommandError(
        status: .failure,
        message:
          "\(grouped(open)) of \(grouped(columns.count)) edges stay open; --retry-failed compiles again what failed")
    }
    if rows.allSatisfy({ $0.fits == nil }) { throw CommandError.nothingFits }
  }

  private mutating func searchAll() throws {
    do {
      while true {
        var probes: [(column: Int, probe: FrontierSearch.Probe)] = []
        for index in searches.indices {
          if let probe = searches[index].next() { probes.append((index, probe)) }
        }
        if probes.isEmpty { break }
        // Short compiles first: what they tell costs least to lose.
        let mode: CompileMode = probes.contains { $0.probe.mode == .memory } ? .memory : .full
        try ask(probes.filter { $0.probe.mode == mode }, mode)
      }
    } catch {
      try write()
      throw error
    }
    try write()
  }

  private mutating func ask(
    _ probes: [(column: Int, probe: FrontierSearch.Probe)], _ mode: CompileMode
  ) throws {
    let questions = probes.map { columns[$0.column].questions[$0.probe.place] }
    var display = CompileDisplay(total: questions.count, jobs: options.jobs ?? 1)
    try session.ask(questions, mode: mode, jobs: options.jobs ?? 1, display: &display) { index, answer, display in
      let (column, probe) = probes[index]
      columns[column].compiles += 1
      switch answer {
      case .failure(let error): searches[column].fail(probe, "\(error)")
      case .success(.failed(let reason, _)): searches[column].fail(probe, reason)
      case .success(.evidence(let evidence, _)):
        columns[column].found[probe.place] = evidence
        if let result = evidence.result { results.append(result) }
        let reached: CompileMode = evidence.report.isComplete ? .full : .memory
        searches[column].take(probe, verdict: evidence.verdict, mode: reached)
      }
      display.conclude(
        line(columns[column], questions[index], columns[column].found[probe.place]?.verdict),
        isFailure: columns[column].found[probe.place] == nil)
    }
  }

  private func line(_ column: Column, _ question: CompileQuestion, _ verdict: Verdict?) -> String {
    "\(question.title)  \(column.setting)  " + (verdict.map { Styled(verdict: $0).plain } ?? "failed")
  }

  private var rows: [FrontierRow] {
    zip(columns, searches).map { column, search in
      func side(_ place: Int?) -> FrontierRow.Side? {
        guard let place, let evidence = column.found[place] else { return nil }
        return FrontierRow.Side(
          depth: column.column.depths[place], memory: evidence.memory, isFull: evidence.report.isComplete)
      }
      var row = FrontierRow(
        configuration: column.column.configuration, setting: column.setting,
        estimated: column.estimated < 0 ? nil : column.column.depths[column.estimated], fits: nil, doesNotFit: nil,
        compiles: column.compiles, problem: nil)
      switch search.ending {
      case .found(let fits, let doesNotFit): (row.fits, row.doesNotFit) = (side(fits), side(doesNotFit))
      case .open(let place):
        row.problem = "depth \(column.column.depths[place]) is uncertain even when compiled in full"
      case .failed(let place, let reason): row.problem = "depth \(column.column.depths[place]): \(reason)"
      case nil: row.problem = "not searched to its end"
      }
      return row
    }
  }

  private func write() throws {
    let rows = rows
    guard !results.isEmpty || rows.contains(where: { $0.problem != nil }) else { return }
    try output.write(results, Listing<StepResult>.results) { terminal in
      Listing<FrontierRow>.frontier.text(rows, format: .table, terminal: terminal)
    }
  }
}
