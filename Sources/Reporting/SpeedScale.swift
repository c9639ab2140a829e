/// Relative speed among the shapes of one setting, in a few levels: as many shapes in each, so that every level is used.
///
/// Each setting has a scale of its own: what only fits in a later setting is larger and slower throughout, and one scale for all
/// would show it in a single shade.
public struct SpeedScale: Sendable, Hashable {
  /// Levels there are, 1 (slowest) to 9 (fastest).
  public static let levels = 9
  /// The level of what has no known speed.
  public static let middle = 5

  /// Slowest speed of each level, in order; empty where no speed is known.
  public let thresholds: [Float]
  /// The fastest speed there is.
  public let fastest: Float?

  /// The scale of `speeds`, in any order.
  public init(_ speeds: [Float]) {
    let sorted = speeds.filter { $0.isFinite }.sorted()
    thresholds = sorted.isEmpty ? [] : (0..<Self.levels).map { sorted[$0 * sorted.count / Self.levels] }
    fastest = sorted.last
  }

  /// The level of a speed, 1 to 9; the middle one where it is unknown.
  public func level(_ speed: Float?) -> Int {
    guard let speed, !thresholds.isEmpty else { return Self.middle }
    return max(1, thresholds.lastIndex { $0 <= speed }.map { $0 + 1 } ?? 1)
  }
}

extension FitMap {
  /// The scale of each setting over all shapes of the map, drawn or not, so that selections of panels look alike.
  public var speedScales: [SpeedScale] {
    var speeds = Array(repeating: [Float](), count: settings.count)
    for cells in panels.values {
      for cell in cells.values {
        if let setting = cell.firstFitting, let speed = cell.speed { speeds[setting].append(speed) }
      }
    }
    return speeds.map(SpeedScale.init)
  }

  /// How one cell is drawn.
  enum Appearance: Sendable, Hashable {
    /// Not on the grid.
    case absent
    /// Fits in no setting.
    case blank
    /// Fits first in this setting, at this level of speed.
    case fits(setting: Int, level: Int)
    /// May fit in `setting`; certainly in `fallback` or nowhere.
    case uncertain(setting: Int, fallback: Int?, level: Int)
  }

  func appearance(_ panel: Panel, width: Int, depth: Int, scales: [SpeedScale]) -> Appearance {
    guard let cell = cell(panel, width: width, depth: depth) else { return .absent }
    if let setting = cell.firstUncertain {
      let fallback = cell.firstFitting
      return .uncertain(
        setting: setting, fallback: fallback, level: scales[fallback ?? setting].level(cell.speed))
    }
    if let setting = cell.firstFitting { return .fits(setting: setting, level: scales[setting].level(cell.speed)) }
    return .blank
  }
}
