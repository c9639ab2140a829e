import Answers
import ArgumentParser
import EvidenceStore
import Reporting
import Selection
import VisionTransformer

/// `shapefinder enumerate`.
struct EnumerateCommand: ShardedCommand {
  static let configuration = CommandConfiguration(
    commandName: "enumerate",
    abstract: "Estimates every configuration of a grid, to store and to show.",
    discussion: """
      What passes the filters is stored, and written: as a table a summary, or with --sort or --limit the first rows \
      (20). The same command completes an interrupted run. What compilers said comes first. Exit code 3: nothing fits.

      Examples:

        shapefinder enumerate figure8 --fits --sort=-parameter-count --no-store
        shapefinder enumerate small --format ndjson --no-store | head
        shapefinder enumerate figure8 --shard 3/8
      """)

  @OptionGroup(title: "Grid") var grid: GridOptions
  @OptionGroup var shards: ShardOptions
  @OptionGroup(title: "Answer") var wanted: FilterOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions
  @Flag(help: "Store nothing, and do not look in the store.") var noStore = false
  @OptionGroup var catalog: CatalogOptions

  /// Default number of rows in a sorted table.
  static let tableRows = 20

  func validate() throws {
    if noStore, storage.given != nil { throw ValidationError("--store and --no-store exclude each other") }
    try shards.check(isGrid: true, storage, noStore: noStore)
    if let limit = wanted.limit, wanted.sort != nil, limit > GridWalk.largestSort {
      throw ValidationError("--limit with --sort goes to \(grouped(GridWalk.largestSort))")
    }
  }

  func sharded(_ context: AnswerContext) throws -> ShardedQuestion {
    .enumerating(try grid.question.searched(context))
  }

  func run() throws {
    let context = AnswerContext.command(try catalog.load())
    let searched = try grid.question.searched(context), filter = wanted.filter
    var progress = Console.progress("configurations", total: searched.grid.count, isShown: !output.scrolls)
    defer { progress.finish() }
    let path = shards.path(.enumerate, grid: searched.name, storage, noStore: noStore)
    let store = try noStore || path != nil ? nil : storage.open(.create)
    let known = try store.map { try KnownCompiles(context.catalog, in: $0) } ?? KnownCompiles(context.catalog)
    let walk = GridWalk(
      searched: searched, filter: try filter.ofEstimates(), known: known, shard: shards.shard, stop: context.stop,
      progress: { progress.update($0) })
    remark(walk.announcement)
    if wanted.limit == nil, walk.filter.isEmpty { try store?.checkRoom(forResults: searched.grid.count) }
    let recording = Recording(
      store: store, file: path, description: .estimates(commandLine, grid: searched.name), remark: context.remark)
    let start = ContinuousClock.now
    let summary: GridSummary, run: StoredRun?
    if let order = filter.order {
      (summary, run) = try sorted(walk, order, recording)
    } else {
      (summary, run) = try streamed(walk, recording)
    }
    progress.finish()
    try store?.close()
    remark(summary.sentence(run, seconds: (ContinuousClock.now - start) / .seconds(1)))
    if summary.fits == 0, shards.shard == nil { throw CommandError.nothingFits }
  }

  /// Rows in the grid's order, each written and stored as it comes.
  private func streamed(_ walk: GridWalk, _ recording: Recording) throws -> (GridSummary, StoredRun?) {
    let showsRows = output.format.writesRowByRow || wanted.limit != nil
    var rows = GridRows(
      output.format, to: FileDescriptorSink.standardOutput, terminal: output.terminal, known: walk.known,
      whenReaderLeaves: recording.whenReaderLeaves)
    var compiled = CompiledBeside()
    if showsRows { try rows.begin() }
    let (summary, run) = try recording.record { store in
      var left = wanted.limit ?? .max
      return try walk.run { finding in
        if showsRows || recording.keeps {
          let result = walk.result(finding)
          try store(result)
          if showsRows { try rows.append(result, compiled: finding.dearer?.result) }
        }
        if !showsRows { compiled.insert(finding) }
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
          compiled.text(terminal: terminal) + GridSummary.listing.text(summary.rows, terminal: terminal)
        }
      } catch {
        guard isStored, error == .closed else { throw error }
      }
    }
    return (summary, run)
  }

  /// The first rows by a quantity: the whole grid is walked before the first is written.
  private func sorted(
    _ walk: GridWalk, _ order: (quantity: EstimateQuantity, isDescending: Bool), _ recording: Recording
  ) throws -> (GridSummary, StoredRun?) {
    let (summary, findings) = try walk.sorted(
      by: order.quantity, isDescending: order.isDescending,
      limit: output.format.limit(wanted.limit, ofTable: Self.tableRows))
    let (_, run) = try recording.record { store in
      var rows = GridRows(
        output.format, to: FileDescriptorSink.standardOutput, terminal: output.terminal, known: walk.known,
        orderedBy: order.quantity, whenReaderLeaves: recording.whenReaderLeaves)
      try rows.begin()
      for finding in findings {
        let result = walk.result(finding)
        try store(result)
        try rows.append(result, compiled: finding.dearer?.result)
      }
      try rows.end()
    }
    return (summary, run)
  }
}
