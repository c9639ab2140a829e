import Catalog
import Evidence
import Measurement
import Reporting
import VisionTransformer

/// Observes the progress of a sweep's trials.
package protocol TrialObserver {
  /// A configuration is next; `map` draws what is known so far.
  mutating func begin(_ configuration: Configuration, _ map: (Terminal) -> String)
  /// It ended after `wall` seconds.
  mutating func finish(_ index: Int, _ row: SweepRow, wall: Double, map: (Terminal) -> String)
  /// All ended, or an error ended them.
  mutating func end()
}

/// Every configuration of a grid, measured in the grid's order, or those of a shard, the longest expected trial first.
package struct MeasureSweep {
  private var points: [(setting: Int, configuration: Configuration)]
  private let session: TrialSession
  private let context: AnswerContext
  private var estimates: MachineEstimates
  /// The maps as they grow.
  package let maps: EvidenceMaps
  /// Counts of the outcomes so far.
  package private(set) var tally = SweepTally(.trial)

  private let file: TaskFile?

  /// A sweep over a grid.
  ///
  /// - Parameters:
  ///   - shard: the part of the grid to measure; nil for all of it.
  ///   - file: takes the answers, and has those of earlier attempts; nil for none.
  package init(
    _ grid: MeasuredGrid, shard: Shard? = nil, file: TaskFile? = nil, session: TrialSession, context: AnswerContext
  ) {
    self.file = file
    self.session = session
    self.context = context
    var identity = ConfigurationIdentity()
    let all = grid.grid.columns.flatMap { column in column.configurations.map { (column.setting, $0) } }
    let origin = session.provenance
    var estimates = MachineEstimates(context.catalog, threads: session.plan.threads)
    points =
      shard.map { shard in all.filter { shard.contains(identity($0.1)) }.longestFirst { estimates.weight($0.1) } }
      ?? all
    self.estimates = estimates
    tally.isPart = shard != nil
    maps = EvidenceMaps(
      name: grid.name, grid: grid.grid,
      provenance: "\(EvidenceKind.measured.rawValue) by \(origin.source) \(origin.version) on "
        + "\(origin.host ?? "this machine"): \(origin.speaksFor ?? "")")
  }

  /// The cost of each configuration relative to the others; nil if the store has its answer.
  ///
  /// - Throws: `StoreError`.
  package mutating func weights() throws -> [Double?] {
    var weights: [Double?] = []
    for (_, configuration) in points {
      let isKnown = try earlier(configuration) != nil || session.known(configuration) != nil
      weights.append(isKnown ? nil : estimates.weight(configuration))
    }
    return weights
  }

  /// Measures every configuration whose answer is not known.
  ///
  /// - Parameter take: receives the outcome of each configuration, in the grid's order.
  /// - Throws: as `TrialSession.measure`, and errors from `take`.
  package mutating func run(
    observer: inout some TrialObserver, take: (SweepRow) throws -> Void
  ) throws {
    defer { observer.end() }
    for (index, (setting, configuration)) in points.enumerated() {
      if context.stop.isRequested() { throw TrialSession.Interrupted() }
      if let known = earlier(configuration) {
        tally.count(known)
        continue
      }
      let begun = ContinuousClock.now
      observer.begin(configuration, maps.text(of: configuration))
      let (row, unstored) = try answer(configuration)
      maps.insert(
        configuration, setting: setting, verdict: row.input?.result.verdict,
        imagesPerSecond: row.input?.result.imagesPerSecond, isDisturbed: row.input?.isDisturbed ?? false)
      try take(row)
      if let unstored { throw unstored }
      observer.finish(
        index, row, wall: (ContinuousClock.now - begun) / .seconds(1), map: maps.text(of: configuration))
    }
  }

  /// What an earlier attempt at the same task found.
  private func earlier(_ configuration: Configuration) -> TaskFile.Known? {
    file?.answer(configuration, .measured, session.provenance, needsAll: true)
  }

  /// The outcome of one configuration, and why it could not be stored.
  private mutating func answer(_ configuration: Configuration) throws -> (SweepRow, TrialSession.Unstored?) {
    do {
      let answer = try session.answer(configuration)
      if !answer.isNew { tally.known += 1 }
      return (try row(configuration, answer), nil)
    } catch let error as TrialSession.Unstored {
      return (try row(configuration, error.answer), error)
    } catch let error as ConfigurationError {
      tally.refused += 1
      try file?.append(configuration, .measured, reason: "refused", "\(error)", mayPass: false, session.provenance)
      return (SweepRow(configuration, nil, failure: "\(error)"), nil)
    }
  }

  private mutating func row(_ configuration: Configuration, _ answer: TrialSession.Answer) throws -> SweepRow {
    switch answer {
    case .failed(let failure, _):
      tally.failed += 1
      if failure.mayPass { tally.mayPass += 1 }
      try file?.append(
        configuration, .measured, reason: failure.reason, failure.explanation, mayPass: failure.mayPass,
        session.provenance)
      return SweepRow(configuration, nil, failure: failure.explanation)
    case .evidence(let result, let report, let isNew):
      tally.count(result.verdict)
      try file?.append(result)
      if report?.isDisturbed == true { tally.disturbed += 1 }
      if isNew, report?.repetitions != nil { tally.repeated += 1 }
      return SweepRow(
        configuration, MeasureReport.Input(result: result, trial: report, estimate: estimates.estimate(configuration)))
    }
  }
}
