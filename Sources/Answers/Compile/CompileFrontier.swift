import Catalog
import Estimation
import Evidence
import Reporting
import VisionTransformer

/// Searches every column of a grid for the last depth that fits and the first that does not, according to the compiler.
///
/// Each round asks about one depth of every column that is still open, so that compiles run side by side.
package struct CompileFrontier {
  /// A column and the state of its search.
  fileprivate struct Column {
    var column: GridColumn
    var setting: String
    /// Questions by depth.
    var questions: [CompileQuestion]
    /// Index of the last depth that is estimated to fit; -1 for none.
    var estimated: Int
    var search: FrontierSearch
    var found: [Int: CompiledEvidence] = [:]
    var compiles = 0
  }

  private var columns: [Column]

  /// Number of columns.
  var size: Int { columns.count }
  /// `4 columns of 40 depths`.
  package var title: String {
    "\(counted(columns.count, "column")) of \(counted(columns.first?.questions.count ?? 0, "depth"))"
  }
  /// Number of compiles that were asked for, including known ones.
  package var compiles: Int { columns.reduce(0) { $0 + $1.compiles } }

  /// The columns of a grid, each with its estimated edge.
  ///
  /// - Parameter compilesEdge: whether to compile both sides of an edge in full.
  /// - Throws: `ConfigurationError` for a configuration that cannot be compiled.
  package init(_ grid: Grid, compilesEdge: Bool, _ catalog: Catalog) throws(ConfigurationError) {
    var estimators = Estimators(catalog)
    columns = []
    for column in grid.columns {
      let configurations = Array(column.configurations)
      let estimator = try estimators.estimator(for: column.configuration)
      var questions: [CompileQuestion] = []
      for configuration in configurations { questions.append(try CompileQuestion(configuration, catalog)) }
      let estimated = configurations.lastIndex { estimator.estimate($0).verdict == .fits } ?? -1
      columns.append(
        Column(
          column: column, setting: grid.settings[column.setting].title, questions: questions, estimated: estimated,
          search: FrontierSearch(count: questions.count, estimated: estimated, compilesEdge: compilesEdge)))
    }
  }

  /// Searches every column.
  ///
  /// - Parameters:
  ///   - observer: makes the observer of a number of compiles.
  ///   - heard: receives each answer as it comes, with the name of its setting.
  /// - Throws: as `CompileSession.ask`; `rows` then has everything known so far.
  package mutating func run<Observer: CompileObserver>(
    _ session: CompileSession, jobs: Int, observer: (Int) -> Observer,
    heard: (String, CompileAnswer, inout Observer) -> Void
  ) throws {
    while true {
      var probes: [(column: Int, probe: FrontierSearch.Probe)] = []
      for index in columns.indices {
        if let probe = columns[index].search.next() { probes.append((index, probe)) }
      }
      if probes.isEmpty { return }
      // Short compiles first: losing them costs the least.
      let mode: CompileMode = probes.contains { $0.probe.mode == .memory } ? .memory : .full
      let now = probes.filter { $0.probe.mode == mode }
      var watching = observer(now.count)
      try session.ask(
        now.map { columns[$0.column].questions[$0.probe.place] }, mode: mode, jobs: jobs, observer: &watching
      ) { index, answer, observer in
        take(answer, now[index].probe, column: now[index].column)
        heard(columns[now[index].column].setting, answer, &observer)
      }
    }
  }

  private mutating func take(_ answer: CompileAnswer, _ probe: FrontierSearch.Probe, column: Int) {
    columns[column].compiles += 1
    guard let evidence = answer.evidence else {
      return columns[column].search.fail(probe, answer.problem ?? "no answer")
    }
    columns[column].found[probe.place] = evidence
    columns[column].search.take(
      probe, verdict: evidence.verdict, mode: evidence.report.isComplete ? .full : .memory)
  }

  /// The edges, as far as they are known.
  package var rows: [FrontierRow] { columns.map(\.row) }

  /// `edges confirmed: 3 of 4, answers needed: 17`.
  package var summary: String {
    let confirmed = rows.count { $0.problem == nil }
    return "edges confirmed: \(grouped(confirmed)) of \(grouped(columns.count)), answers needed: \(grouped(compiles))"
  }

  /// Throws the outcome of a search after everything has been reported: a failure if an edge stays open; otherwise
  /// `nothingFits` if nothing fits.
  package func check() throws(AnswerError) {
    let rows = rows, open = rows.count { $0.problem != nil }
    if open > 0 {
      throw AnswerError(
        .failure,
        "\(grouped(open)) of \(counted(rows.count, "edge")) stay open; --retry-failed compiles again what failed")
    }
    if rows.allSatisfy({ $0.fits == nil }) { throw .nothingFits }
  }
}

extension CompileFrontier.Column {
  var row: FrontierRow {
    func side(_ place: Int?) -> FrontierRow.Side? {
      guard let place, let evidence = found[place] else { return nil }
      return FrontierRow.Side(
        depth: column.depths[place], memory: evidence.memory, isFull: evidence.report.isComplete)
    }
    var row = FrontierRow(
      configuration: column.configuration, setting: setting,
      estimated: estimated < 0 ? nil : column.depths[estimated], fits: nil, doesNotFit: nil, compiles: compiles,
      problem: nil)
    switch search.ending {
    case .found(let fits, let doesNotFit): (row.fits, row.doesNotFit) = (side(fits), side(doesNotFit))
    case .open(let place): row.problem = "depth \(column.depths[place]) is uncertain even when compiled in full"
    case .failed(let place, let reason): row.problem = "depth \(column.depths[place]): \(reason)"
    case nil: row.problem = "not searched to its end"
    }
    return row
  }
}
