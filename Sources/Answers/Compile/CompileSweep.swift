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

  /// How the compiles came out.
  package struct Tally: Sendable, Hashable {
    /// How many there are of each kind; what the store knew is among them.
    package internal(set) var fits = 0, doesNotFit = 0, uncertain = 0, failed = 0, refused = 0
    /// How many the store knew.
    package internal(set) var known = 0

    /// All of them.
    package var count: Int { fits + doesNotFit + uncertain + failed + refused }

    /// Takes in an answer.
    package mutating func count(_ answer: CompileAnswer) {
      if !answer.isNew { known += 1 }
      switch answer.outcome {
      case .failed: failed += 1
      case .refused: refused += 1
      case .evidence(let evidence):
        switch evidence.verdict {
        case .fits: fits += 1
        case .doesNotFit: doesNotFit += 1
        case .uncertain: uncertain += 1
        }
      }
    }
  }

  private let points: [Point]
  /// How many configurations there are.
  package var count: Int { points.count }

  /// The configurations of a grid.
  ///
  /// - Throws: `ConfigurationError` for one that cannot be compiled, before any is.
  package init(_ grid: Grid, _ catalog: Catalog) throws(ConfigurationError) {
    var points: [Point] = []
    for column in grid.columns {
      for configuration in column.configurations {
        points.append(Point(setting: column.setting, question: try CompileQuestion(configuration, catalog)))
      }
    }
    self.points = points
  }

  /// Compiles what is not known.
  ///
  /// - Parameters:
  ///   - heard: takes each answer as it comes, with the number of its setting.
  ///   - take: takes them in the grid's order. After an error it still gets what was answered.
  /// - Throws: as `CompileSession.ask`.
  package func run<Observer: CompileObserver>(
    _ session: CompileSession, mode: CompileMode, jobs: Int, observer: inout Observer,
    heard: (Int, CompileAnswer, inout Observer) throws -> Void, take: (CompileAnswer) throws -> Void
  ) throws -> Tally {
    var tally = Tally(), order = InOrder<CompileAnswer>()
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

extension CompileSweep.Tally {
  /// `12 configurations: 3 fit, 9 do not fit; 2 known already`.
  package var summary: String {
    var text = "\(counted(count, "configuration")): \(counted(fits, "fits", many: "fit"))"
    if doesNotFit > 0 { text += ", \(counted(doesNotFit, "does not fit", many: "do not fit"))" }
    if uncertain > 0 { text += ", \(counted(uncertain, "is uncertain", many: "are uncertain"))" }
    if failed > 0 { text += ", \(grouped(failed)) failed" }
    if known > 0 { text += "; \(grouped(known)) known already" }
    return text
  }

  /// How a sweep ends, once all of it has been said: bad data where something cannot be compiled, a failure where a compile
  /// failed, and where nothing may fit that.
  package func check() throws(AnswerError) {
    if refused > 0 {
      throw AnswerError(.badData, "\(grouped(refused)) of \(counted(count, "configuration")) cannot be compiled")
    }
    if failed > 0 {
      throw AnswerError(
        .failure, "\(grouped(failed)) of \(counted(count, "compile")) failed; --retry-failed compiles them again")
    }
    if fits == 0, uncertain == 0 { throw .nothingFits }
  }
}
