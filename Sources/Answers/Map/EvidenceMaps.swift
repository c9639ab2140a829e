import Reporting
import VisionTransformer

/// Fit maps of a sweep's findings: one for each combination of patch, batch and image size.
package final class EvidenceMaps {
  private let name: String?
  private let grid: Grid
  private let provenance: String
  private var planes: [Plane: FitMap] = [:]
  private var order: [Plane] = []
  private var latest: Plane?

  private struct Plane: Hashable {
    var patch: Int
    var batch: Int
    var imageSize: Int

    init(_ configuration: Configuration) {
      (patch, batch, imageSize) = (configuration.shape.patch, configuration.batch, configuration.imageSize)
    }
  }

  /// Maps of a grid.
  ///
  /// - Parameters:
  ///   - name: the grid's name in the catalog; nil for a user's own axes.
  ///   - provenance: the kind of evidence, for people.
  package init(name: String?, grid: Grid, provenance: String) {
    self.name = name
    self.grid = grid
    self.provenance = provenance
  }

  /// Adds the outcome for a configuration; one without an answer leaves its cell uncertain.
  package func insert(
    _ configuration: Configuration, setting: Int, verdict: Verdict?, imagesPerSecond: Double?, isDisturbed: Bool = false
  ) {
    let plane = Plane(configuration)
    latest = plane
    if planes[plane] == nil {
      order.append(plane)
      planes[plane] = FitMap(
        title:
          "\(name ?? "shapes") on \(configuration.device): \(plane.batch) images, \(plane.imageSize) px, patch "
          + "\(plane.patch)",
        settings: grid.settings.map(\.title), marks: grid.marks.map(FitMap.Mark.init), axes: grid.axes,
        provenance: provenance,
        speedUnit: "images/s")
    }
    planes[plane]?.insert(
      configuration.shape, batch: configuration.batch, imageSize: configuration.imageSize, setting: setting,
      verdict: verdict ?? .uncertain, imagesPerSecond: imagesPerSecond, isDisturbed: isDisturbed)
  }

  /// The map with a configuration's cell, for a live view; empty before there is one.
  package func text(of configuration: Configuration) -> (Terminal) -> String {
    let map = planes[Plane(configuration)]
    return { terminal in map.map { Self.text($0, terminal) } ?? "" }
  }

  /// The map with the latest result, for a live view; empty before there is one.
  package func latestText(_ terminal: Terminal) -> String {
    latest.flatMap { planes[$0] }.map { Self.text($0, terminal) } ?? ""
  }

  /// All maps.
  package func text(_ terminal: Terminal) -> String {
    order.compactMap { planes[$0] }.map { Self.text($0, terminal) }.joined(separator: "\n")
  }

  private static func text(_ map: FitMap, _ terminal: Terminal) -> String {
    map.text(options: FitMap.TextOptions(panels: .all), terminal: terminal)
  }
}
