import Answers
import Catalog
import EvidenceStore
import Foundation
import Measurement
import Reporting
import VisionTransformer

/// `measure --grid`: every configuration of a grid, in its order, with a map that grows.
struct MeasureSweep {
  private let grid: MeasuredGrid
  private let steps: SweepProgress.Steps
  private let session: TrialSession
  private let context: AnswerContext
  private let output: OutputOptions
  private var estimates: MachineEstimates
  private let maps: EvidenceMaps
  private var tally = Tally()
  private var rows: [SweepRow] = []

  /// How the trials came out.
  private struct Tally {
    var fits = 0
    var doesNotFit = 0
    var failed = 0
    var refused = 0
    var known = 0
    var disturbed = 0
    var repeated = 0

    var count: Int { fits + doesNotFit + failed + refused }
  }

  init(
    _ grid: MeasuredGrid, steps: SweepProgress.Steps, session: TrialSession, context: AnswerContext,
    output: OutputOptions
  ) {
    self.grid = grid
    self.steps = steps
    self.session = session
    self.context = context
    self.output = output
    let origin = session.provenance
    estimates = MachineEstimates(context.catalog, threads: session.plan.threads)
    maps = EvidenceMaps(
      name: grid.name, grid: grid.grid,
      provenance: "\(EvidenceKind.measured.rawValue) by \(origin.source) \(origin.version) on "
        + "\(origin.host ?? "this machine"): \(origin.speaksFor ?? "")")
  }

  /// Measures what is not known, and says what came of all.
  ///
  /// - Throws: `CommandError`: nothing fits; failure where a trial failed; interrupted.
  mutating func run() throws {
    let start = ContinuousClock.now
    let (summary, stored) = try session.closeWithStore { try measureAll() }
    let seconds = Seconds((ContinuousClock.now - start) / .seconds(1))
    context.remark(summary + "; \(seconds)" + (stored.map { "; \($0)" } ?? ""))
    if tally.refused > 0 {
      throw CommandError.badData(
        "\(grouped(tally.refused)) of \(counted(tally.count, "configuration")) cannot be measured")
    }
    if tally.failed > 0 {
      throw CommandError(
        status: .failure,
        message:
          "\(grouped(tally.failed)) of \(counted(tally.count, "trial")) failed; --retry-failed measures them again"
      )
    }
    if tally.fits == 0 { throw CommandError.nothingFits }
  }

  private mutating func measureAll() throws -> String {
    let points = grid.grid.columns.flatMap { column in column.configurations.map { (column.setting, $0) } }
    var weights: [Double?] = []
    for (_, configuration) in points {
      weights.append(try session.known(configuration) == nil ? estimates.weight(configuration) : nil)
    }
    let isStreaming = output.format != .table && output.terminal.isInteractive
    var display = SweepDisplay(
      SweepProgress(weights: weights, steps: steps, start: 0), total: points.count, isShown: !isStreaming)
    display.announce(grid.title, known: weights.count { $0 == nil }, worker: session.provenance.speaksFor ?? "")
    var writer = RowWriter(
      .results, format: output.format, to: FileDescriptorSink.standardOutput, terminal: output.terminal,
      expectsErrors: true, flushesEachRow: true)
    let showsRows = output.format != .table
    if showsRows { try writer.begin() }
    defer { display.finish() }
    do {
      for (index, (setting, configuration)) in points.enumerated() {
        if context.stop.isRequested() { throw TrialSession.Interrupted() }
        let begun = ContinuousClock.now
        display.begin(configuration, maps.text(of: configuration))
        let (row, unstored) = try answer(configuration)
        maps.insert(
          configuration, setting: setting, verdict: row.input?.result.verdict,
          imagesPerSecond: row.input?.result.imagesPerSecond, isDisturbed: row.input?.isDisturbed ?? false)
        rows.append(row)
        if showsRows {
          if let result = row.input?.result {
            try writer.append(result)
          } else {
            try writer.append(LineError(line: nil, value: configuration.title, rule: row.failure ?? "no answer"))
          }
        }
        if let unstored { throw unstored }
        display.finish(
          index, row, wall: (ContinuousClock.now - begun) / .seconds(1), map: maps.text(of: configuration))
      }
    } catch {
      display.finish()
      try showsRows ? writer.end() : writeTable()
      throw error
    }
    display.finish()
    try showsRows ? writer.end() : writeTable()
    return summary
  }

  /// What comes of one configuration, and why the store did not take it.
  private mutating func answer(_ configuration: Configuration) throws -> (SweepRow, TrialSession.Unstored?) {
    do {
      let answer: TrialSession.Answer
      if let known = try session.known(configuration) {
        try session.confirm(known)
        tally.known += 1
        answer = known
      } else {
        answer = try session.measure(configuration)
      }
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
        configuration, MeasureReport.Input(result, report, estimate: estimates.estimate(configuration)))
    }
  }

  private func writeTable() throws {
    guard !rows.isEmpty else { return }
    let maps = maps
    try output.write(rows, Listing<SweepRow>.sweep) { terminal in
      Listing<SweepRow>.sweep.text(rows, format: .table, terminal: terminal) + "\n" + maps.text(terminal)
    }
  }

  private var summary: String {
    var text = "\(counted(tally.count, "configuration")): \(counted(tally.fits, "fits", many: "fit"))"
    if tally.doesNotFit > 0 { text += ", \(counted(tally.doesNotFit, "does not fit", many: "do not fit"))" }
    if tally.failed > 0 { text += ", \(grouped(tally.failed)) failed" }
    if tally.known > 0 { text += "; \(grouped(tally.known)) known already" }
    if tally.repeated > 0 { text += "; \(grouped(tally.repeated)) measured more than once" }
    if tally.disturbed > 0 {
      text += "; \(grouped(tally.disturbed)) disturbed (slow reference loop, or most steps held up)"
    }
    return text
  }
}

extension MeasuredGrid {
  /// `cpu`, or the axes that were given.
  var title: String {
    name ?? grid.axes.title
  }
}
