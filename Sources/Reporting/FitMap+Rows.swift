import VisionTransformer

extension FitMap {
  /// One shape of the map as a row.
  public struct Row: Sendable, Hashable {
    /// Width of the residual stream.
    public var width: Int
    /// Encoder blocks.
    public var depth: Int
    /// MLP-width, heads, patch, batch and image.
    public var plane: Plane
    /// Its answers.
    public var cell: Cell
    /// Names of the settings.
    public var settings: [String]
    /// Compilers' verdicts by setting.
    public var compiled: [Int: Verdict] = [:]
  }

  /// The columns of the map's shapes: the cheapest setting that fits, the cheapest that may, and the speed.
  public static var listing: Listing<Row> {
    Listing([
      .integer("width", "width", isCount: false) { $0.width }, .integer("depth", "depth", isCount: false) { $0.depth },
      .integer("mlpWidth", "MLP", isCount: false) { $0.plane.mlpWidth },
      .integer("heads", "heads", isCount: false) { $0.plane.heads },
      .integer("patch", "patch", isCount: false) { $0.plane.patch },
      .integer("batch", "batch", isCount: false) { $0.plane.batch },
      .integer("imageSize", "px", isCount: false) { $0.plane.imageSize },
      .text("fitsIn", "fits in") { row in row.cell.firstFitting.map { row.settings[$0] } },
      .text("uncertainIn", "may fit in") { row in row.cell.firstUncertain.map { row.settings[$0] } },
      .number("imagesPerSecond", "images/s", digits: 1) { $0.cell.speed },
      .init("compiled") { row in
        .list(row.compiled.sorted { $0.key < $1.key }.map { .text("\(row.settings[$0.key]): \($0.value.rawValue)") })
      },
      Listing<Row>.Column("disturbed") { .boolean($0.cell.isDisturbed) },
      .disturbed { $0.cell.isDisturbed },
    ])
  }
}
