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
    let shown = try ShownRun(run, results, orderedBy: wanted.filter.order?.quantity, limit: limit)
    try store.close()
    try output.write(shown.rows, shown.listing) { shown.text(terminal: $0) }
  }
}
