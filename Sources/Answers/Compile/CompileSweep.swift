import Catalog
import Evidence
import VisionTransformer

/// Every configuration of a grid, compiled in the grid's order.
package struct CompileSweep {
  /// A configuration of the grid, and its setting.
  private struct Point {
    var setting: Int
    var question: CompileQuestion
  }

  private let points: [Point]
  /// Number of configurations.
  package var count: Int { points.count }

  /// The configurations of a grid.
  ///
  /// - Throws: `ConfigurationError` if one of them cannot be compiled, before any is.
  package init(_ grid: Grid, _ catalog: Catalog) throws(ConfigurationError) {
    var points: [Point] = []
    for column in grid.columns {
      for configuration in column.configurations {
        points.append(Point(setting: column.setting, question: try CompileQuestion(configuration, catalog)))
      }
    }
    self.points = points
  }

  /// Compiles every configuration whose answer is not known.
  ///
  /// - Parameters:
  ///   - heard: receives each answer as it comes, with the index of its setting.
  ///   - take: receives the answers in the grid's order; after an error, also those that came before it.
  /// - Throws: as `CompileSession.ask`.
  package func run<Observer: CompileObserver>(
    _ session: CompileSession, mode: CompileMode, jobs: Int, observer: inout Observer,
    heard: (Int, CompileAnswer, inout Observer) throws -> Void, take: (CompileAnswer) throws -> Void
  ) throws -> SweepTally {
    var tally = SweepTally(.compile), order = InOrder<CompileAnswer>()
    do {
      try session.ask(points.map(\.question), mode: mode, jobs: jobs, observer: &observer) { index, answer, observer in
        tally.count(answer)
        try heard(points[index].setting, answer, &observer)
        try order.insert(answer, at: index) { try take($1) }
      }
    } catch {
      try order.handOnTheRest { try take($1) }
      throw error
    }
    return tally
  }
}

extension SweepTally {
  /// Counts an answer.
  mutating func count(_ answer: CompileAnswer) {
    if !answer.isNew { known += 1 }
    switch answer.outcome {
    case .failed: failed += 1
    case .refused: refused += 1
    case .evidence(let evidence): count(evidence.verdict)
    }
  }
}
