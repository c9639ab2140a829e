import Answers
import ArgumentParser
import Catalog
import Reporting
import VisionTransformer

/// `shapefinder grids show`.
struct GridsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows one grid: its axes, constraints, settings, and how many configurations it has.",
    discussion: """
      Examples:

        shapefinder grids show figure8
        shapefinder grids show ratios --format json
      """)

  @Argument(help: ArgumentHelp("Name, such as figure8.", valueName: "name"), completion: .gridNames)
  var name: String
  @OptionGroup var catalog: CatalogOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    let catalog = try catalog.load()
    let file: GridFile
    do { file = try catalog.grid(named: name) } catch { throw CommandError.usage("\(error)") }
    try output.write([GridsReport.Row(file)], GridsReport.listing, answer: .single) { terminal in
      Facts(file).text(title: "\(file.name): \(file.summary)", terminal: terminal)
    }
  }
}
