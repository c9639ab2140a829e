import VisionTransformer

/// Which shapes fit, in which of a few settings, and how fast they are: the data of the paper's Figure 8.
///
/// Source: arXiv 2106.04560 section 3.6 and Figure 8. Filled row by row, drawn as text (`text(options:terminal:)`) or as SVG.
public struct FitMap: Sendable {
  /// A named shape marked on the map.
  public struct Mark: Sendable, Hashable {
    /// One or two letters drawn on the map, such as `G`.
    public var label: String
    /// Name in the legend, such as `ViT-G/14`.
    public var name: String
    /// Where it stands.
    public var shape: Shape

    /// A mark.
    public init(label: String, name: String, shape: Shape) {
      self.label = label
      self.name = name
      self.shape = shape
    }
  }

  /// One plane of the map: width across, depth down.
  public struct Panel: Sendable, Hashable, Comparable {
    /// Attention heads of every shape of the panel.
    public var heads: Int
    /// MLP-width of every shape of the panel.
    public var mlpWidth: Int

    /// A panel.
    public init(heads: Int, mlpWidth: Int) {
      self.heads = heads
      self.mlpWidth = mlpWidth
    }

    /// By heads, then by MLP-width.
    public static func < (a: Panel, b: Panel) -> Bool { (a.heads, a.mlpWidth) < (b.heads, b.mlpWidth) }
  }

  /// What is known of one shape: a bit and a speed for each setting.
  public struct Cell: Sendable, Hashable {
    /// Settings that an answer came for.
    var tried: UInt8 = 0
    /// Settings in which it fits.
    var fitting: UInt8 = 0
    /// Settings of which nobody knows.
    var uncertain: UInt8 = 0
    /// Images a second in each setting; NaN where unknown.
    var speeds = SIMD8<Float>(repeating: .nan)

    /// The cheapest setting in which it certainly fits.
    public var firstFitting: Int? { fitting == 0 ? nil : fitting.trailingZeroBitCount }
    /// The cheapest setting in which it may fit, where that is cheaper than the first in which it certainly does.
    public var firstUncertain: Int? {
      guard uncertain != 0 else { return nil }
      let index = uncertain.trailingZeroBitCount
      return index < (firstFitting ?? 8) ? index : nil
    }
    /// Images a second in the setting that the map shows; nil where unknown.
    public var speed: Float? {
      (firstFitting ?? firstUncertain).flatMap { speeds[$0].isNaN ? nil : speeds[$0] }
    }
  }

  /// Most settings that a map can hold.
  public static let settingsLimit = 6

  /// What stands above the map, such as `figure8 on a tpu-v3 core: 8 images, 224 px, patch 14`.
  public var title: String
  /// Names of the settings, cheapest first, such as `class token, Adam`; the first six are used.
  public let settings: [String]
  /// Shapes to point at.
  public var marks: [Mark]
  /// Where the answers come from: the last line of the map.
  public var provenance: String
  /// What the speed counts, such as `images/s a core`.
  public var speedUnit: String

  private(set) var panels: [Panel: [Int: Cell]] = [:]
  private(set) var widths: Set<Int> = []
  private(set) var depths: Set<Int> = []

  /// An empty map.
  public init(
    title: String, settings: [String], marks: [Mark] = [], provenance: String, speedUnit: String = "images/s a core"
  ) {
    self.title = title
    self.settings = Array(settings.prefix(Self.settingsLimit))
    self.marks = marks
    self.provenance = provenance
    self.speedUnit = speedUnit
  }

  /// Takes in one answer; a later answer for the same shape and setting replaces the earlier one.
  ///
  /// - Parameter setting: index into `settings`; an answer for any other setting is not part of the map.
  public mutating func insert(_ shape: Shape, setting: Int, verdict: Verdict, imagesPerSecond: Double?) {
    guard settings.indices.contains(setting), let key = Self.key(width: shape.width, depth: shape.depth) else { return }
    let bit = UInt8(1) << UInt8(setting)
    func update(_ cell: inout Cell) {
      cell.tried |= bit
      cell.fitting = verdict == .fits ? cell.fitting | bit : cell.fitting & ~bit
      cell.uncertain = verdict == .uncertain ? cell.uncertain | bit : cell.uncertain & ~bit
      cell.speeds[setting] = imagesPerSecond.map { $0 > 0 ? Float($0) : .nan } ?? .nan
    }
    update(&panels[Panel(heads: shape.heads, mlpWidth: shape.mlpWidth), default: [:]][key, default: Cell()])
    widths.insert(shape.width)
    depths.insert(shape.depth)
  }

  /// What is known of one shape; nil where no answer came.
  public func cell(_ panel: Panel, width: Int, depth: Int) -> Cell? {
    Self.key(width: width, depth: depth).flatMap { panels[panel]?[$0] }
  }

  /// Every shape that an answer came for, by heads, MLP-width, width and depth.
  public var rows: [Row] {
    panels.keys.sorted().flatMap { panel in
      (panels[panel] ?? [:]).sorted { $0.key < $1.key }.map { key, cell in
        Row(
          width: key >> 32, depth: key & 0xFFFF_FFFF, mlpWidth: panel.mlpWidth, heads: panel.heads, cell: cell,
          settings: settings)
      }
    }
  }

  /// How many shapes there are, and in how many of them each setting is the cheapest that fits.
  public var counts: (shapes: Int, fitting: [Int], uncertain: Int) {
    var shapes = 0, uncertain = 0
    var fitting = Array(repeating: 0, count: settings.count)
    for cells in panels.values {
      shapes += cells.count
      for cell in cells.values {
        if let first = cell.firstFitting { fitting[first] += 1 } else if cell.uncertain != 0 { uncertain += 1 }
      }
    }
    return (shapes, fitting, uncertain)
  }

  private static func key(width: Int, depth: Int) -> Int? {
    guard width > 0, depth > 0, width < 1 << 30, depth < 1 << 30 else { return nil }
    return width << 32 | depth
  }
}
