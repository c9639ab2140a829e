import Catalog
import Evidence
import Measurement
import Reporting
import VisionTransformer

/// Whoever sees how the trials of a sweep go.
package protocol TrialObserver {
  /// A configuration comes next; `map` draws what is known so far.
  mutating func begin(_ configuration: Configuration, _ map: (Terminal) -> String)
  /// It is over, and took `wall` seconds.
  mutating func finish(_ index: Int, _ row: SweepRow, wall: Double, map: (Terminal) -> String)
  /// All are over, or an error has ended them.
  mutating func end()
}

/// Every configuration of a grid, measured in the grid's order.
package struct MeasureSweep {
  /// How the trials came out.
  package struct Tally: Sendable, Hashable {
    /// How many there are of each kind; what the store knew is among them.
    package internal(set) var fits = 0, doesNotFit = 0, failed = 0, refused = 0
    /// How many the store knew, were held up by something else, and were measured more than once.
    package internal(set) var known = 0, disturbed = 0, repeated = 0

    /// All of them.
    package var count: Int { fits + doesNotFit + failed + refused }
  }

  private let points: [(setting: Int, configuration: Configuration)]
  private let session: TrialSession
  private let context: AnswerContext
  private var estimates: MachineEstimates
  /// The maps that grow.
  package let maps: EvidenceMaps
  /// How the trials came out so far.
  package private(set) var tally = Tally()

  /// A sweep over a grid.
  package init(_ grid: MeasuredGrid, session: TrialSession, context: AnswerContext) {
    self.session = session
    self.context = context
    points = grid.grid.columns.flatMap { column in column.configurations.map { (column.setting, $0) } }
    let origin = session.provenance
    estimates = MachineEstimates(context.catalog, threads: session.plan.threads)
    maps = EvidenceMaps(
      name: grid.name, grid: grid.grid,
      provenance: "\(EvidenceKind.measured.rawValue) by \(origin.source) \(origin.version) on "
        + "\(origin.host ?? "this machine"): \(origin.speaksFor ?? "")")
  }

  /// What each configuration costs in comparison with the others; nil where the store knows it.
  ///
  /// - Throws: `StoreError`.
  package mutating func weights() throws -> [Double?] {
    var weights: [Double?] = []
    for (_, configuration) in points {
      weights.append(try session.known(configuration) == nil ? estimates.weight(configuration) : nil)
    }
    return weights
  }

  /// Measures what is not known.
  ///
  /// - Parameter take: takes what came of each configuration, in the grid's order.
  /// - Throws: as `TrialSession.measure`, and what `take` throws.
  package mutating func run(
    observer: inout some TrialObserver, take: (SweepRow) throws -> Void
  ) throws {
    defer { observer.end() }
    for (index, (setting, configuration)) in points.enumerated() {
      if context.stop.isRequested() { throw TrialSession.Interrupted() }
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

  /// What comes of one configuration, and why the store did not take it.
  private mutating func answer(_ configuration: Configuration) throws -> (SweepRow, TrialSession.Unstored?) {
    do {
      let answer = try session.answer(configuration)
      if !answer.isNew { tally.known += 1 }
      return (row(configuration, answer), nil)
    } catch let error as TrialSession.Unstored {
      return (row(configuration, error.answer), error)
    } catch let error as ConfigurationError {
      tally.refused += 1
      return (SweepRow(configuration, nil, failure: "\(error)"), nil)
    }
  }

  private mutating func row(_ configuration: Configuration, _ answer: TrialSession.Answer) -> SweepRow {
    switch answer {
    case .failed(let reason, _):
      tally.failed += 1
      return SweepRow(configuration, nil, failure: reason)
    case .evidence(let result, let report, let isNew):
      if result.verdict == .fits { tally.fits += 1 } else { tally.doesNotFit += 1 }
      if report?.isDisturbed == true { tally.disturbed += 1 }
      if isNew, report?.repetitions != nil { tally.repeated += 1 }
      return SweepRow(
        configuration, MeasureReport.Input(result: result, trial: report, estimate: estimates.estimate(configuration)))
    }
  }
}

extension MeasureSweep.Tally {
  /// `12 configurations: 9 fit, 3 do not fit; 2 known already`.
  package var summary: String {
    var text = "\(counted(count, "configuration")): \(counted(fits, "fits", many: "fit"))"
    if doesNotFit > 0 { text += ", \(counted(doesNotFit, "does not fit", many: "do not fit"))" }
    if failed > 0 { text += ", \(grouped(failed)) failed" }
    if known > 0 { text += "; \(grouped(known)) known already" }
    if repeated > 0 { text += "; \(grouped(repeated)) measured more than once" }
    if disturbed > 0 {
      text += "; \(grouped(disturbed)) disturbed (slow reference loop, or most steps held up)"
    }
    return text
  }

  /// How a sweep ends, once all of it has been said: bad data where something cannot be measured, a failure where a trial
  /// failed, and where nothing fits that.
  package func check() throws(AnswerError) {
    if refused > 0 {
      throw AnswerError(.badData, "\(grouped(refused)) of \(counted(count, "configuration")) cannot be measured")
    }
    if failed > 0 {
      throw AnswerError(
        .failure, "\(grouped(failed)) of \(counted(count, "trial")) failed; --retry-failed measures them again")
    }
    if fits == 0 { throw .nothingFits }
  }
}
