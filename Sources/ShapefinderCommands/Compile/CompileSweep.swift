import Catalog
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// `compile --grid`: every configuration of a grid, in its order, with a map that grows.
struct CompileSweep {
  private let title: String
  private let points: [Point]
  private let options: CompileOptions
  private let session: CompileSession
  private let output: OutputOptions
  private var estimates: Estimators
  private let maps: EvidenceMaps
  private var tally = Tally()
  private var rows: [CompiledRow] = []

  /// A configuration of the grid.
  private struct Point {
    var setting: Int
    var configuration: Configuration
    var question: CompileQuestion
  }

  /// How the compiles came out.
  private struct Tally {
    var fits = 0, doesNotFit = 0, uncertain = 0, failed = 0, refused = 0, known = 0

    var count: Int { fits + doesNotFit + uncertain + failed + refused }
  }

  /// - Throws: `CommandError` for a configuration that cannot be compiled, before any is.
  init(
    name: String?, grid: Grid, options: CompileOptions, session: () throws -> CompileSession, catalog: Catalog,
    output: OutputOptions
  ) throws {
    do {
      points = try grid.columns.flatMap { column in
        try column.configurations.map {
          Point(setting: column.setting, configuration: $0, question: try CompileQuestion($0, catalog))
        }
      }
    } catch let error as ConfigurationError {
      throw CommandError.usage(error)
    }
    self.options = options
    self.session = try session()
    self.output = output
    title = name ?? grid.axes.title
    estimates = Estimators(catalog)
    maps = EvidenceMaps(
      name: name, grid: grid,
      provenance: "\(EvidenceKind.compiled.rawValue) by \(self.session.asker.compiler.plugin.title)")
  }

  /// Compiles what is not known, and says what came of all.
  ///
  /// - Throws: `CommandError`: nothing fits; failure where a compile failed; interrupted.
  mutating func run() throws {
    let start = ContinuousClock.now
    let (_, stored) = try session.close { try compileAll() }
    remark("\(summary); \(Seconds((ContinuousClock.now - start) / .seconds(1)))" + (stored.map { "; \($0)" } ?? ""))
    if tally.refused > 0 {
      throw CommandError.badData(
        "\(grouped(tally.refused)) of \(grouped(tally.count)) configurations cannot be compiled")
    }
    if tally.failed > 0 {
      throw CommandError(
        status: .failure,
        message:
          "\(grouped(tally.failed)) of \(grouped(tally.count)) compiles failed; --retry-failed compiles them again")
    }
    if tally.fits == 0, tally.uncertain == 0 { throw CommandError.nothingFits }
  }

  private mutating func compileAll() throws {
    let showsRows = output.format != .table
    remark(
      "\(title): \(grouped(points.count)) configurations; compiled by \(session.asker.compiler.plugin.title)"
        + (options.memory ? " for their memory" : ""))
    var display = CompileDisplay(
      total: points.count, jobs: options.jobs ?? 1, isShown: !(showsRows && output.terminal.isInteractive))
    var writer = RowWriter(
      .results, format: output.format, to: FileDescriptorSink.standardOutput, terminal: output.terminal,
      expectsErrors: true, flushesEachRow: true)
    if showsRows { try writer.begin() }
    var answers: [Int: CompiledRow] = [:], written = 0
    let points = points, maps = maps
    func write(passesGaps: Bool = false) throws {
      while written < points.count {
        guard let row = answers.removeValue(forKey: written) else {
          guard passesGaps else { return }
          written += 1
          continue
        }
        written += 1
        rows.append(row)
        guard showsRows else { continue }
        if let result = row.input?.result {
          try writer.append(result)
        } else {
          try writer.append(LineError(line: nil, value: row.configuration.title, rule: row.failure ?? "no answer"))
        }
      }
    }
    do {
      try session.ask(
        points.map(\.question), mode: options.memory ? .memory : .full, jobs: options.jobs ?? 1, display: &display,
        map: maps.latestText
      ) { index, answer, display in
        let row = row(points[index].configuration, answer)
        maps.insert(
          row.configuration, setting: points[index].setting, verdict: row.input?.verdict,
          imagesPerSecond: row.input?.result?.imagesPerSecond)
        answers[index] = row
        display.conclude(row.summary, isFailure: row.failure != nil)
        try write()
      }
    } catch {
      try write(passesGaps: true)
      try showsRows ? writer.end() : writeTable()
      throw error
    }
    try showsRows ? writer.end() : writeTable()
  }

  private mutating func row(
    _ configuration: Configuration, _ answer: Result<CompileSession.Answer, ConfigurationError>
  ) -> CompiledRow {
    switch answer {
    case .failure(let error):
      tally.refused += 1
      return CompiledRow(configuration, nil, failure: "\(error)")
    case .success(.failed(let reason, let isNew)):
      tally.failed += 1
      if !isNew { tally.known += 1 }
      return CompiledRow(configuration, nil, failure: reason)
    case .success(.evidence(let evidence, let isNew)):
      switch evidence.verdict {
      case .fits: tally.fits += 1
      case .doesNotFit: tally.doesNotFit += 1
      case .uncertain: tally.uncertain += 1
      }
      if !isNew { tally.known += 1 }
      return CompiledRow(configuration, CompiledReport.Input(evidence, &estimates))
    }
  }

  private func writeTable() throws {
    guard !rows.isEmpty else { return }
    let maps = maps, rows = rows
    try output.write(rows, Listing<CompiledRow>.compiled) { terminal in
      Listing<CompiledRow>.compiled.text(rows, format: .table, terminal: terminal) + "\n" + maps.text(terminal)
    }
  }

  private var summary: String {
    var text = "\(grouped(tally.count)) configurations: \(grouped(tally.fits)) fit"
    if tally.doesNotFit > 0 { text += ", \(grouped(tally.doesNotFit)) do not fit" }
    if tally.uncertain > 0 { text += ", \(grouped(tally.uncertain)) are uncertain" }
    if tally.failed > 0 { text += ", \(grouped(tally.failed)) failed" }
    if tally.known > 0 { text += "; \(grouped(tally.known)) known already" }
    return text
  }
}
