import ArgumentParser
import Evidence
import EvidenceStore
import Reporting

/// `shapefinder runs list`.
struct RunsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the runs of a store, oldest first.",
    discussion: """
      "results" counts what a run stored or confirmed, "new" what the store did not have.

      Examples:

        shapefinder runs list --store shapes.sqlite
        shapefinder runs list --format json
      """)

  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions

  func run() throws {
    let store = try storage.open(.readOnly)
    let runs = try store.runs()
    try store.close()
    try output.write(runs, Run.listing)
    if runs.isEmpty { remark("\(store.path) has no runs yet") }
  }
}

extension Run {
  /// The columns of a list of runs.
  static var listing: Listing<Run> {
    Listing([
      .integer("id", "run", isCount: false) { $0.id }, .text("started", "started") { $0.started },
      .init("finished") { .optional($0.finished) },
      .init(
        "status", "status",
        text: { run in
          Styled(run.status.rawValue, run.status == .finished ? .plain : run.status == .failed ? .bad : .unsure)
        }, value: { .text($0.status.rawValue) }),
      .integer("results", "results") { $0.counts.total }, .integer("new", "new") { $0.counts.new },
      .init("confirmed") { .integer($0.counts.confirmed) }, .init("revised") { .integer($0.counts.revised) },
      .text("grid", "grid") { $0.description.grid },
      .text("modelVersion", "model", rank: .detail) { $0.description.modelVersion },
      .text("host", "host", rank: .detail) { $0.description.host },
      .text("command", "command") { $0.description.command },
    ])
  }
}
