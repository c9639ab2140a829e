import VisionTransformer

/// Which shapes fit, in which of a few settings, and how fast they are: the data of the paper's Figure 8.
///
/// Source: arXiv 2106.04560 section 3.6 and Figure 8. Filled row by row, drawn as text (`text(options:terminal:)`) or as SVG, as
/// panels of width across and depth down (`panels`).
public struct FitMap: Sendable {
  /// A named shape marked on the map.
  public struct Mark: Sendable, Hashable {
    /// One or two letters drawn on the map, such as `G`.
    public var label: String
    /// Name in the legend, such as `ViT-G/14`.
    public var name: String
    /// Its position.
    public var shape: Shape

    /// A mark.
    public init(label: String, name: String, shape: Shape) {
      self.label = label
      self.name = name
      self.shape = shape
    }
  }

  /// The answers for one shape: a bit and a speed for each setting.
  public struct Cell: Sendable, Hashable {
    /// Settings that have an answer.
    var tried: UInt8 = 0
    /// Settings in which it fits.
    var fitting: UInt8 = 0
    /// Settings in which it is uncertain.
    var uncertain: UInt8 = 0
    /// Settings whose measured steps other work disturbed.
    var disturbed: UInt8 = 0
    /// Images a second in each setting; NaN where unknown.
    var speeds = Speeds()

    /// The cheapest setting in which it certainly fits.
    public var firstFitting: Int? { fitting == 0 ? nil : fitting.trailingZeroBitCount }
    /// The cheapest setting in which it may fit, if that is cheaper than the first in which it certainly does.
    public var firstUncertain: Int? {
      guard uncertain != 0 else { return nil }
      let index = uncertain.trailingZeroBitCount
      return index < (firstFitting ?? 8) ? index : nil
    }
    /// Images a second in the setting that the map shows; nil if unknown.
    public var speed: Double? {
      (firstFitting ?? firstUncertain).flatMap { speeds[$0].isNaN ? nil : speeds[$0] }
    }
    /// Whether other work disturbed that setting's steps, so that its speed is not compared with any other.
    public var isDisturbed: Bool {
      (firstFitting ?? firstUncertain).map { disturbed & (1 << UInt8($0)) != 0 } ?? false
    }
  }

  /// One number for each setting, stored inline: a map holds a hundred thousand of them.
  struct Speeds: Sendable, Hashable {
    private var pairs = (
      SIMD2<Double>(repeating: .nan), SIMD2<Double>(repeating: .nan), SIMD2<Double>(repeating: .nan)
    )

    subscript(setting: Int) -> Double {
      get {
        switch setting / 2 {
        case 0: pairs.0[setting % 2]
        case 1: pairs.1[setting % 2]
        default: pairs.2[setting % 2]
        }
      }
      set {
        switch setting / 2 {
        case 0: pairs.0[setting % 2] = newValue
        case 1: pairs.1[setting % 2] = newValue
        default: pairs.2[setting % 2] = newValue
        }
      }
    }

    static func == (a: Self, b: Self) -> Bool { a.pairs == b.pairs }
    func hash(into hasher: inout Hasher) {
      hasher.combine(pairs.0)
      hasher.combine(pairs.1)
      hasher.combine(pairs.2)
    }
  }

  /// Everything about a shape and its step except width, depth and setting.
  public struct Plane: Sendable, Hashable, Comparable {
    /// Images a core.
    public var batch: Int
    /// Image side in pixels.
    public var imageSize: Int
    /// Patch side in pixels.
    public var patch: Int
    /// Attention heads.
    public var heads: Int
    /// Width of the MLP's hidden layer.
    public var mlpWidth: Int

    /// Ordered by batch, image size and patch, then by heads and MLP-width.
    public static func < (a: Plane, b: Plane) -> Bool {
      (a.batch, a.imageSize, a.patch, a.heads, a.mlpWidth) < (b.batch, b.imageSize, b.patch, b.heads, b.mlpWidth)
    }
  }

  /// All depths of one width of a plane.
  struct Column: Sendable, Hashable {
    var plane: Plane
    var width: Int
  }

  /// One shape of a map.
  struct Place: Sendable, Hashable {
    var column: Column
    var depth: Int
  }

  /// Limit on the number of settings in a map.
  public static let settingsLimit = 6

  /// The title above the map, such as `figure8 on a tpu-v3 core: 8 images, 224 px, patch 14`.
  public var title: String
  /// Names of the settings, cheapest first, such as `class token, Adam`; the first six are used.
  public let settings: [String]
  /// Shapes to mark.
  public var marks: [Mark]
  /// The origin of the answers: the last line of the map.
  public var provenance: String
  /// The unit of speeds, such as `images/s a core`.
  public var speedUnit: String
  /// The axes as they were written, whose ratios are panels; nil for an automatic choice with fewer panels.
  public let axes: Grid.Axes?

  /// Compilers' answers for some of its shapes; never drawn as the map's own answer.
  public private(set) var compiled = CompiledBeside()
  private(set) var compiledVerdicts: [Place: [Int: Verdict]] = [:]

  private(set) var widths: Set<Int> = []
  private(set) var depths: Set<Int> = []
  private(set) var batches: Set<Int> = []
  private(set) var imageSizes: Set<Int> = []
  private(set) var patches: Set<Int> = []
  private var columns: [Column: Int] = [:]
  /// By column.
  private var cells: [ColumnCells] = []
  /// Answers arrive by depth: the next one is probably in the last one's column.
  private var latest: (column: Column, index: Int)?

  /// An empty map.
  public init(
    title: String, settings: [String], marks: [Mark] = [], axes: Grid.Axes? = nil, provenance: String,
    speedUnit: String = "images/s a core"
  ) {
    self.title = title
    self.settings = Array(settings.prefix(Self.settingsLimit))
    self.marks = marks
    self.axes = axes
    self.provenance = provenance
    self.speedUnit = speedUnit
  }

  /// Adds one answer; a later answer for the same shape and setting replaces the earlier one.
  ///
  /// - Parameters:
  ///   - setting: index into `settings`; an answer for any other index is ignored.
  ///   - isDisturbed: whether other work disturbed the steps that gave the speed.
  public mutating func insert(
    _ shape: Shape, batch: Int, imageSize: Int, setting: Int, verdict: Verdict, imagesPerSecond: Double?,
    isDisturbed: Bool = false
  ) {
    guard settings.indices.contains(setting), shape.width > 0, shape.depth > 0, shape.width < Self.largest,
      shape.depth < Self.largest
    else { return }
    let plane = Plane(
      batch: batch, imageSize: imageSize, patch: shape.patch, heads: shape.heads, mlpWidth: shape.mlpWidth)
    let index = index(Column(plane: plane, width: shape.width))
    let bit = UInt8(1) << UInt8(setting)
    func update(_ cell: inout Cell) {
      cell.tried |= bit
      cell.fitting = verdict == .fits ? cell.fitting | bit : cell.fitting & ~bit
      cell.uncertain = verdict == .uncertain ? cell.uncertain | bit : cell.uncertain & ~bit
      cell.disturbed = isDisturbed ? cell.disturbed | bit : cell.disturbed & ~bit
      cell.speeds[setting] = imagesPerSecond.map { $0 > 0 ? $0 : .nan } ?? .nan
    }
    if cells[index].update(shape.depth, update) { depths.insert(shape.depth) }
  }

  /// Adds a compiler's answer for a configuration in a setting, beside its estimate.
  public mutating func insert(_ compiled: StepResult, setting: Int, estimated: Verdict, total: Bytes) {
    guard settings.indices.contains(setting) else { return }
    let configuration = compiled.configuration, shape = configuration.shape
    let plane = Plane(
      batch: configuration.batch, imageSize: configuration.imageSize, patch: shape.patch, heads: shape.heads,
      mlpWidth: shape.mlpWidth)
    self.compiled.insert(compiled, estimated: estimated, total: total)
    compiledVerdicts[Place(column: Column(plane: plane, width: shape.width), depth: shape.depth), default: [:]][
      setting] =
      compiled.verdict
  }

  private static let largest = 1 << 30

  private mutating func index(_ column: Column) -> Int {
    if let latest, latest.column == column { return latest.index }
    let index = columns[column] ?? cells.count
    if index == cells.count {
      columns[column] = index
      cells.append(ColumnCells())
      widths.insert(column.width)
      batches.insert(column.plane.batch)
      imageSizes.insert(column.plane.imageSize)
      patches.insert(column.plane.patch)
    }
    latest = (column, index)
    return index
  }

  /// The cell of one shape; nil if there is no answer.
  public func cell(_ plane: Plane, width: Int, depth: Int) -> Cell? {
    columns[Column(plane: plane, width: width)].flatMap { cells[$0].cell(depth) }
  }

  /// Compilers' verdicts for one shape, by setting.
  func compiledVerdicts(_ plane: Plane, width: Int, depth: Int) -> [Int: Verdict] {
    compiledVerdicts.isEmpty
      ? [:] : compiledVerdicts[Place(column: Column(plane: plane, width: width), depth: depth)] ?? [:]
  }

  /// All columns, unordered.
  var allColumns: some Collection<Column> { columns.keys }

  /// The cells of a column by depth.
  func allDepths(_ column: Column) -> ColumnCells { columns[column].map { cells[$0] } ?? ColumnCells() }

  /// All cells, unordered.
  var allCells: some Sequence<Cell> { cells.lazy.flatMap(\.cells) }

  /// Every shape with an answer, ordered by batch, image size, patch, heads, MLP-width, width and depth; made as they are
  /// read.
  public var rows: some Collection<Row> {
    columns.sorted { ($0.key.plane, $0.key.width) < ($1.key.plane, $1.key.width) }.lazy.flatMap { column, index in
      cells[index].map { depth, cell in
        var row = Row(width: column.width, depth: depth, plane: column.plane, cell: cell, settings: settings)
        if !compiledVerdicts.isEmpty { row.compiled = compiledVerdicts[Place(column: column, depth: depth)] ?? [:] }
        return row
      }
    }
  }

  /// The number of shapes, and for each setting the number of shapes for which it is the cheapest that fits.
  public var counts: (shapes: Int, fitting: [Int], uncertain: Int) {
    var shapes = 0, uncertain = 0
    var fitting = Array(repeating: 0, count: settings.count)
    for cell in allCells {
      shapes += 1
      if let first = cell.firstFitting { fitting[first] += 1 } else if cell.uncertain != 0 { uncertain += 1 }
    }
    return (shapes, fitting, uncertain)
  }
}
