import VisionTransformer

/// The grids of the catalog.
public enum GridsReport {
  /// One grid.
  public struct Row: Sendable, Hashable {
    /// Its name, such as `figure8`.
    public var name: String
    /// One line for people.
    public var summary: String
    /// Device of its configurations.
    public var device: String
    /// Shapes that its constraints allow; nil if not counted.
    public var shapes: Int?
    /// Number of settings that each shape is tried in.
    public var settings: Int
    /// Number of configurations; nil if not counted.
    public var configurations: Int?
    /// Where its extent comes from.
    public var source: String
    /// The grid itself, for its axes; nil to leave them out.
    public var grid: Grid?

    /// One grid.
    public init(
      name: String, summary: String, device: String, shapes: Int?, settings: Int, configurations: Int?, source: String,
      grid: Grid? = nil
    ) {
      self.name = name
      self.summary = summary
      self.device = device
      self.shapes = shapes
      self.settings = settings
      self.configurations = configurations
      self.source = source
      self.grid = grid
    }
  }

  /// The columns.
  public static var listing: Listing<Row> {
    Listing(people + axes)
  }

  private static var people: [Listing<Row>.Column] {
    [
      .text("name", "grid") { $0.name }, .text("device", "device") { $0.device },
      .integer("shapes", "shapes") { $0.shapes }, .integer("settings", "settings") { $0.settings },
      .integer("configurations", "configurations") { $0.configurations }, .text("summary", "summary") { $0.summary },
      Listing<Row>.Column("source") { .text($0.source) },
    ]
  }

  // In the notation of a grid file.
  private static var axes: [Listing<Row>.Column] {
    Grid.Key.allCases.map { key in
      Listing<Row>.Column("axes." + key.rawValue) { .optional($0.grid?.axes[key].description) }
    }
      + Grid.Constraints.Key.allCases.map { key in
        Listing<Row>.Column("constraints." + key.rawValue) { .optional($0.grid?.constraints.bounds[key]?.description) }
      } + [
        Listing<Row>.Column("settingNames") { .list(($0.grid?.settings ?? []).map { .text($0.name) }) },
        Listing<Row>.Column("marks") { .list(($0.grid?.marks ?? []).map { .text($0.name) }) },
        Listing<Row>.Column("skipped") { .optional($0.grid?.tally.skipped) },
        Listing<Row>.Column("excluded") { .optional($0.grid?.tally.excluded) },
      ]
  }
}
