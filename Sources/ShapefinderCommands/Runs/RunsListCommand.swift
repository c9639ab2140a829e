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
    try output.write(runs, Listing<Run>.runs)
    if runs.isEmpty { remark("\(store.path) has no runs yet") }
  }
}
