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
      Facts(Self.facts(file)).text(title: "\(file.name): \(file.summary)", terminal: terminal)
    }
  }

  private static func facts(_ file: GridFile) -> [(label: String, text: String)] {
    let grid = file.grid
    var facts: [(label: String, text: String)] = Grid.Key.allCases.map { key in
      let axis = grid.axes[key]
      let count = axis.isRelative || axis.fixedValues.count < 2 ? "" : " (\(counted(axis.fixedValues.count, "value")))"
      return (key.rawValue, axis.description + count)
    }
    for key in Grid.Constraints.Key.allCases {
      if let bounds = grid.constraints.bounds[key] { facts.append((key.rawValue, "only \(bounds)")) }
    }
    for (index, setting) in grid.settings.enumerated() {
      facts.append((index == 0 ? "settings" : "", "\(setting.name): \(setting.label), on \(setting.template.device)"))
    }
    var counts = grouped(grid.count)
    if let shapes = grid.shapeCount { counts += " of \(counted(shapes, "shape"))" }
    facts.append(("configurations", counts))
    if grid.tally.skipped > 0 {
      facts.append(("skipped", "\(counted(grid.tally.skipped, "point")) where the heads do not divide the width"))
    }
    if grid.tally.excluded > 0 {
      facts.append(("excluded", "\(counted(grid.tally.excluded, "point")) by the constraints"))
    }
    if !grid.marks.isEmpty { facts.append(("marked", grid.marks.map(\.name).joined(separator: ", "))) }
    return facts + [("source", file.source)]
  }
}
