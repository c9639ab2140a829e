import Answers
import ArgumentParser
import Catalog
import Reporting

/// `shapefinder devices list`.
struct DevicesListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the devices and how far estimates for them are validated.",
    discussion: """
      Figures are of one core, or of the chip where a program runs on a whole chip.

      Examples:

        shapefinder devices list
        shapefinder devices list --catalog my-shapes
      """)

  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try output.write(try catalog.load().describedDevices.map { DevicesReport.Row($0) }, DevicesReport.listing)
  }
}
