import ArgumentParser

/// `shapefinder grids`.
struct GridsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grids",
    abstract: "Lists the grids, or shows one with its axes, settings and counts.",
    discussion: """
      Examples:

        shapefinder grids
        shapefinder grids show figure8
        shapefinder grids show mine --catalog my-shapes
      """,
    subcommands: [GridsListCommand.self, GridsShowCommand.self], defaultSubcommand: GridsListCommand.self)
}
