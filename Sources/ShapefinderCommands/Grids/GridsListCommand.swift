import Answers
import ArgumentParser
import Catalog
import Reporting
import VisionTransformer

/// `shapefinder grids list`.
struct GridsListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the grids and how many configurations each has.",
    discussion: """
      Examples:

        shapefinder grids list
        shapefinder grids list --format ndjson
      """)

  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try output.write(try catalog.load().grids.map { GridsReport.Row($0) }, GridsReport.listing)
  }
}
