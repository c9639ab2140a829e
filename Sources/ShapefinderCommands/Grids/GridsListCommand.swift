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

extension GridsReport.Row {
  init(_ file: GridFile) {
    let grid = file.grid
    let devices = grid.settings.map(\.template.device)
    let names = devices.enumerated().filter { !devices[..<$0.offset].contains($0.element) }.map(\.element)
    self.init(
      name: file.name, summary: file.summary, device: names.joined(separator: ", "), shapes: grid.shapeCount,
      settings: grid.settings.count, configurations: grid.count, source: file.source, grid: grid)
  }
}

extension Grid {
  /// How many shapes there are; nil where that depends on the image.
  var shapeCount: Int? {
    let repeats = settings.count * axes.batch.fixedValues.count
    let images = axes.imageSize.fixedValues
    if images.count == 1 { return count / repeats }
    let allFit = (images.first ?? 0) >= (axes.patch.fixedValues.last ?? 0)
    return allFit && constraints.bounds[.patches] == nil ? count / repeats / images.count : nil
  }
}
