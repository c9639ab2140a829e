import Answers
import ArgumentParser
import Evidence
import EvidenceStore
import Estimation
import Foundation
import Reporting
import Selection
import VisionTransformer

/// `shapefinder enumerate`.
struct EnumerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enumerate",
    abstract: "Estimates every configuration of a grid: to the store, to standard output, or both.",
    discussion: """
      What passes the filters is stored, and written: as a table a summary, or with --sort or --limit the first rows \
      (20). The same command completes an interrupted run. What compilers said, if the store has it, comes first. Exit \
      code 3 where nothing within the bounds fits.

      Examples:

        shapefinder enumerate figure8
        shapefinder enumerate figure8 --fits --sort=-parameter-count --no-store
        shapefinder enumerate small --format ndjson --no-store | head
      """)

  @OptionGroup(title: "Grid") var grid: GridOptions
  @OptionGroup(title: "Answer") var wanted: FilterOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions
  @Flag(help: "Store nothing, and do not look in the store.") var noStore = false
  @OptionGroup var catalog: CatalogOptions

  /// Most rows that are held in memory to be sorted.
  static let largestSort = 1_000_000
  /// Rows of a sorted table where nobody asked for a number.
  static let tableRows = 20

  func validate() throws {
    if noStore, storage.given != nil { throw ValidationError("--store and --no-store exclude each other") }
    if let limit = wanted.limit, wanted.sort != nil, limit > Self.largestSort {
      throw ValidationError("--limit with --sort goes to \(grouped(Self.largestSort))")
    }
  }

  func run() throws {
    let catalog = try catalog.load(), context = AnswerContext.command(catalog)
    let searched = try grid.load(catalog)
    let isStreaming = output.format != .table && output.terminal.isInteractive
    // Progress would stand amid rows that go to the same terminal.
    var progress = Console.progress("configurations", total: searched.grid.count, isShown: !isStreaming)
    defer { progress.finish() }
    let walk = GridWalk(
      searched: searched, filter: try wanted.filter(), stop: context.stop, progress: { progress.update($0) })
    let store = try noStore ? nil : storage.open(.create)
    remark(walk.announcement)
    if wanted.limit == nil, walk.filter.isEmpty { try store?.checkRoom(forResults: searched.grid.count) }
    let recording = Recording(
      store: store,
      description: RunDescription(command: commandLine, grid: searched.name, modelVersion: Estimator.version),
      remark: context.remark)
    let known = try store.map { try KnownCompiles(catalog, in: $0) } ?? KnownCompiles(catalog)
    let start = ContinuousClock.now
    let summary: GridSummary, run: StoredRun?
    if let order = wanted.order {
      (summary, run) = try sorted(walk, order, recording, known)
    } else {
      (summary, run) = try streamed(walk, recording, known)
    }
    progress.finish()
    try store?.close()
    report(summary, run, seconds: (ContinuousClock.now - start) / .seconds(1))
    if summary.fits == 0 { throw CommandError.nothingFits }
  }

  /// Rows in the grid's order, each written and stored as it comes.
  private func streamed(
    _ walk: GridWalk, _ recording: Recording, _ known: KnownCompiles
  ) throws -> (GridSummary, StoredRun?) {
    let showsRows = output.format != .table || wanted.limit != nil
    var rows = GridRows(output, known: known, whenReaderLeaves: recording.whenReaderLeaves)
    var compiled = CompiledBeside()
    if showsRows { try rows.begin() }
    let (summary, run) = try recording.record { store in
      var left = wanted.limit ?? .max
      return try walk.run { finding in
        if showsRows || recording.store != nil {
          let result = walk.result(finding)
          try store(result)
          if showsRows { try rows.append(result) }
        }
        if !showsRows { compiled.insert(finding, known) }
        left -= 1
        return left > 0
      }
    }
    if showsRows {
      try rows.end()
    } else {
      let isStored = run != nil
      do {
        try output.write(summary.rows, GridSummary.listing) { terminal in
          compiled.text(terminal: terminal) + GridSummary.listing.text(summary.rows, format: .table, terminal: terminal)
        }
      } catch {
        guard isStored, error == .closed else { throw error }
      }
    }
    return (summary, run)
  }

  /// The first rows by a quantity: the whole grid is walked before the first is written.
  private func sorted(
    _ walk: GridWalk, _ order: (quantity: EstimateQuantity, isDescending: Bool), _ recording: Recording,
    _ known: KnownCompiles
  ) throws -> (GridSummary, StoredRun?) {
    let limit = wanted.limit ?? (output.format == .table ? Self.tableRows : nil)
    let tooMany = CommandError.usage(
      "more than \(counted(Self.largestSort, "result")) to sort: take the first with --limit, fewer with a filter, or store "
        + "them without --sort and let `runs show --sort` sort them")
    if limit == nil, walk.filter.isEmpty, walk.searched.grid.count > Self.largestSort { throw tooMany }
    var ranking = Ranking<GridSearch.Finding>(capacity: limit ?? Self.largestSort, isDescending: order.isDescending)
    let summary: GridSummary
    do {
      summary = try walk.run { finding in
        ranking.insert(order.quantity.value(finding.configuration, finding.estimate), finding)
        if limit == nil, ranking.offered > Self.largestSort { throw tooMany }
        return true
      }
    } catch let stop as Stopped {
      throw stop.interrupted(kept: nil)
    }
    let (_, run) = try recording.record { store in
      var rows = GridRows(
        output, known: known, orderedBy: order.quantity, whenReaderLeaves: recording.whenReaderLeaves)
      try rows.begin()
      for finding in ranking.elements {
        let result = walk.result(finding)
        try store(result)
        try rows.append(result)
      }
      try rows.end()
    }
    return (summary, run)
  }

  private func report(_ summary: GridSummary, _ run: StoredRun?, seconds: Double) {
    var text = "\(grouped(summary.walked)) estimated"
    if summary.count != summary.walked { text += ", \(grouped(summary.count)) within the bounds" }
    text += ", \(counted(summary.fits, "fits", many: "fit")); \(Seconds(seconds))"
    if let run { text += "; \(run.summary)" }
    remark(text)
  }
}

extension CompiledBeside {
  /// Takes in what a compiler said of a configuration, if it was asked.
  mutating func insert(_ finding: GridSearch.Finding, _ known: KnownCompiles) {
    guard let compiled = known[finding.configuration] else { return }
    insert(compiled, estimated: finding.estimate.verdict, total: Bytes(finding.estimate.total))
  }
}

extension GridSummary {
  /// The summary as a table.
  static var listing: Listing<Row> {
    Listing([
      .text("setting", "setting") { $0.setting.label.isEmpty ? $0.setting.name : $0.setting.label },
      .integer("fits", "fit") { $0.fits }, .integer("uncertain", "uncertain") { $0.uncertain },
      .integer("doesNotFit", "do not fit") { $0.doesNotFit },
      .text("largest", "largest that fits") { $0.largest?.configuration.shape.description },
      .init(
        title: "parameters", .right, rank: .detail,
        text: { Styled($0.largest.map { ParameterCount.text($0.estimate.parameterCount) } ?? "–") }),
      .init(
        title: "images/s", .right, rank: .detail,
        text: { row in
          Styled(
            row.largest.map {
              fixed(EstimateQuantity.imagesPerSecond.value($0.configuration, $0.estimate), digits: 1)
            } ?? "–")
        }),
    ])
  }
}
