import ArgumentParser

/// `shapefinder runs`.
struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs",
    abstract: "Lists, shows, exports and imports stored runs; compares hosts; lists and cancels sweeps.",
    discussion: """
      A run is what one invocation stored or confirmed. Runs move between stores as NDJSON or CSV.

      Examples:

        shapefinder runs
        shapefinder runs show 1 --fits --sort=-images-per-second
        shapefinder runs export 1 --format csv --output run.csv
        shapefinder runs import run.csv --store other.sqlite
      """,
    subcommands: [
      RunsListCommand.self, RunsShowCommand.self, RunsExportCommand.self, RunsImportCommand.self,
      RunsHostsCommand.self, RunsSweepsCommand.self, RunsCancelCommand.self,
    ],
    defaultSubcommand: RunsListCommand.self)
}
