import Answers
import ArgumentParser
import EvidenceStore
import Reporting
import VisionTransformer

/// `shapefinder runs show`.
struct RunsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows a run and its results.",
    discussion: """
      The table has the first 20 results, or as many as --limit says; the other forms have all of them.

      Examples:

        shapefinder runs show 1
        shapefinder runs show 1 --fits --sort=-parameter-count --limit 5
        shapefinder runs show 1 --verdict uncertain --format csv
      """)

  @Argument(
    help: ArgumentHelp("Number of the run; see `shapefinder runs list`.", valueName: "run"), transform: wholeNumber)
  var id: Int
  @OptionGroup(title: "Answer") var wanted: FilterOptions
  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions

  func run() throws {
    let store = try storage.open(.readOnly)
    let run = try store.run(id)
    let results = try StoredResults(store, run: id, wanted.filter, stop: .signals())
    let limit = output.format.limit(wanted.limit, ofTable: EnumerateCommand.tableRows)
    if output.format.writesRowByRow {
      var rows = output.writer(.results)
      try rows.begin()
      try results.walk(limit: limit) { try rows.append($0) }
      return try rows.end()
    }
    var rows: [StepResult] = []
    try results.walk(limit: limit) { rows.append($0) }
    let total = try results.count()
    let fits = try results.count(.fits, run: id), unfit = try results.count(.doesNotFit, run: id)
    let verdicts =
      "\(counted(fits, "fits", many: "fit")), \(counted(unfit, "does not", many: "do not")), "
      + "\(counted(try results.count(.uncertain, run: id), "is uncertain", many: "are uncertain"))"
    try store.close()
    let listing = Listing<StepResult>.results.ordered(by: wanted.filter.order?.quantity)
    try output.write(rows, listing) { terminal in
      var lines = [
        Styled("run \(id), ", .bold) + Styled(run.status.rawValue, .bold) + Styled(": \(run.description.command)"),
        Styled(
          "\(run.started) to \(run.finished ?? "–"), model \(run.description.modelVersion) on \(run.description.host)",
          .dim),
        Styled("\(counted(run.counts.total, "result")), \(grouped(run.counts.new)) of them new: " + verdicts),
      ].flatMap { $0.wrapped(to: terminal.columns) }.rendered(for: terminal)
      if !rows.isEmpty { lines += "\n" + listing.text(rows, terminal: terminal) }
      if rows.count < total {
        lines += Remarks.text(
          ["\(grouped(rows.count)) of \(grouped(total)); --limit shows more, `runs export \(id)` all"],
          terminal: terminal)
      }
      return lines
    }
  }
}
