import Catalog
import Evidence
import VisionTransformer

/// Every configuration of a grid, compiled in the grid's order, or those of a shard, the longest expected compile first.
package struct CompileSweep {
  /// A configuration of the grid, and its setting.
  private struct Point {
    var setting: Int
    var question: CompileQuestion
  }

  private let points: [Point]
  /// Number of configurations.
  package var count: Int { points.count }

  private let isPart: Bool

  /// The configurations of a grid.
  ///
  /// - Parameters:
  ///   - shard: the part of the grid to compile; nil for all of it.
  ///   - mode: how far compiles go, which tells how long they are expected to take.
  /// - Throws: `ConfigurationError` if one of them cannot be compiled, before any is.
  package init(
    _ grid: Grid, _ catalog: Catalog, shard: Shard? = nil, mode: CompileMode = .full
  ) throws(ConfigurationError) {
    var points: [Point] = [], identity = ConfigurationIdentity()
    for column in grid.columns {
      for configuration in column.configurations where shard?.contains(identity(configuration)) ?? true {
        points.append(Point(setting: column.setting, question: try CompileQuestion(configuration, catalog)))
      }
    }
    isPart = shard != nil
    self.points =
      isPart ? points.longestFirst { CompileClock.weight($0.question, mode: mode) } : points
  }

  /// Compiles every configuration whose answer is not known.
  ///
  /// - Parameters:
  ///   - file: takes the answers, and has those of earlier attempts; nil for none.
  ///   - heard: receives each answer as it comes, with the index of its setting.
  ///   - take: receives the answers in the grid's order; after an error, also those that came before it.
  /// - Throws: as `CompileSession.ask`; `AnswerError` if the file cannot be written.
  package func run<Observer: CompileObserver>(
    _ session: CompileSession, mode: CompileMode, jobs: Int, observer: inout Observer, file: TaskFile? = nil,
    heard: (Int, CompileAnswer, inout Observer) throws -> Void, take: (CompileAnswer) throws -> Void
  ) throws -> SweepTally {
    var tally = SweepTally(.compile), order = InOrder<CompileAnswer>()
    tally.isPart = isPart
    let origin = session.provenance
    let points = points.filter { point in
      guard let configuration = point.question.configuration,
        let known = file?.answer(configuration, .compiled, origin, needsAll: mode == .full)
      else { return true }
      tally.count(known)
      return false
    }
    do {
      try session.ask(points.map(\.question), mode: mode, jobs: jobs, observer: &observer) { index, answer, observer in
        tally.count(answer)
        try file?.append(answer, origin)
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

extension TaskFile {
  /// Adds a compiler's answer about a configuration.
  fileprivate func append(_ answer: CompileAnswer, _ origin: Provenance) throws(AnswerError) {
    guard let configuration = answer.configuration else { return }
    if let result = answer.evidence?.result { return try append(result) }
    try append(
      configuration, .compiled, reason: answer.reason ?? "failed", answer.problem ?? "no answer",
      mayPass: answer.mayPass,
      origin)
  }
}

extension SweepTally {
  /// Counts an answer that an evidence file has.
  mutating func count(_ known: TaskFile.Known) {
    self.known += 1
    switch known {
    case .evidence(let result): count(result.verdict)
    case .failed: failed += 1
    }
  }

  /// Counts an answer.
  mutating func count(_ answer: CompileAnswer) {
    if !answer.isNew { known += 1 }
    switch answer.outcome {
    case .failed:
      failed += 1
      if answer.mayPass { mayPass += 1 }
    case .refused: refused += 1
    case .evidence(let evidence): count(evidence.verdict)
    }
  }
}
