import Answers
import ArgumentParser
import Evidence
import Reporting

/// `shapefinder runs sweeps`.
struct RunsSweepsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweeps",
    abstract: "Lists a service's sweeps, newest first.",
    discussion: """
      A sweep goes through a grid, as `enumerate`, `measure --grid` or `compile --grid` do; `shapefinder serve` does it, and goes on \
      with it after it was stopped. What it stores is a run.

      Examples:

        shapefinder runs sweeps --store shapes.sqlite
        shapefinder runs sweeps --format json
      """)

  @OptionGroup var output: OutputOptions
  @OptionGroup var storage: StoreOptions

  func run() throws {
    let store = try storage.open(.readOnly)
    let sweeps = try store.sweeps()
    try store.close()
    try output.write(sweeps, Listing<Sweep>.sweeps)
    if sweeps.isEmpty { remark("\(store.path) has no sweeps yet") }
  }
}
