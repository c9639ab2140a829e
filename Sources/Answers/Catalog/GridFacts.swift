import Catalog
import Reporting
import VisionTransformer

extension GridsReport.Row {
  package init(_ file: GridFile) {
    let grid = file.grid
    let devices = grid.settings.map(\.template.device)
    let names = devices.enumerated().filter { !devices[..<$0.offset].contains($0.element) }.map(\.element)
    self.init(
      name: file.name, summary: file.summary, device: names.joined(separator: ", "), shapes: grid.shapeCount,
      settings: grid.settings.count, configurations: grid.count, source: file.source, grid: grid)
  }
}

extension Grid {
  /// Number of shapes; nil if it depends on the image size.
  var shapeCount: Int? {
    let repeats = settings.count * axes.batch.fixedValues.count
    let images = axes.imageSize.fixedValues
    if images.count == 1 { return count / repeats }
    let allFit = (images.first ?? 0) >= (axes.patch.fixedValues.last ?? 0)
    return allFit && constraints.bounds[.patches] == nil ? count / repeats / images.count : nil
  }
}

extension Facts {
  /// The facts shown about a grid of the catalog.
  package init(_ file: GridFile) { self.init(Self.facts(file)) }

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
