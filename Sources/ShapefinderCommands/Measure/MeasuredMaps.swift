import Reporting
import VisionTransformer

/// Fit maps of what a sweep has measured: one for each patch, batch and image size, which a map has one of each.
struct MeasuredMaps {
  private let grid: MeasuredGrid
  private let provenance: Provenance
  private var planes: [Plane: FitMap] = [:]
  private var order: [Plane] = []

  private struct Plane: Hashable {
    var patch: Int
    var batch: Int
    var imageSize: Int

    init(_ configuration: Configuration) {
      (patch, batch, imageSize) = (configuration.shape.patch, configuration.batch, configuration.imageSize)
    }
  }

  init(_ grid: MeasuredGrid, provenance: Provenance) {
    self.grid = grid
    self.provenance = provenance
  }

  /// Takes in what came of a configuration; a trial without an answer leaves its cell as uncertain.
  mutating func insert(_ configuration: Configuration, setting: Int, _ row: SweepRow) {
    let plane = Plane(configuration)
    if planes[plane] == nil {
      order.append(plane)
      planes[plane] = FitMap(
        title:
          "\(grid.name ?? "shapes") on \(configuration.device): \(plane.batch) images, \(plane.imageSize) px, patch "
          + "\(plane.patch)",
        settings: grid.grid.settings.map(\.title), marks: grid.grid.marks.map(FitMap.Mark.init),
        provenance: "\(EvidenceKind.measured.rawValue) by \(provenance.source) \(provenance.version) on "
          + "\(provenance.host ?? "this machine"): \(provenance.speaksFor ?? "")",
        speedUnit: "images/s")
    }
    let result = row.input?.result
    planes[plane]?.insert(
      configuration.shape, setting: setting, verdict: result?.verdict ?? .uncertain,
      imagesPerSecond: result?.imagesPerSecond)
  }

  /// The map that a configuration stands on, for a live view; nil before it has a cell.
  func text(of configuration: Configuration) -> (Terminal) -> String {
    let map = planes[Plane(configuration)]
    return { terminal in map.map { Self.text($0, terminal) } ?? "" }
  }

  /// All maps.
  func text(_ terminal: Terminal) -> String {
    order.compactMap { planes[$0] }.map { Self.text($0, terminal) }.joined(separator: "\n")
  }

  private static func text(_ map: FitMap, _ terminal: Terminal) -> String {
    map.text(options: FitMap.TextOptions(panels: .init(heads: .all, mlpWidths: .all)), terminal: terminal)
  }
}
