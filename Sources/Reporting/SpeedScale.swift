import VisionTransformer

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How the speeds of a map become shades.
public enum ShadeScale: Sendable, Hashable {
  /// Each setting is ranked by its own shapes, with equal numbers in each shade, so that every shade is used. Two such
  /// maps are not comparable.
  case ranked
  /// One scale for all settings and all maps: shades in equal ratios between two speeds, or in equal steps from 0.
  case fixed(lower: Double, upper: Double)

  /// The default fixed scale: no shape on an accelerator is below it, and few are above.
  public static let standard = ShadeScale.fixed(lower: 1, upper: 4000)

  /// The accepted values, for help texts and errors.
  public static let syntax = "ranked, fixed, or two speeds in images/s such as 0..4000 or 1..4000"

  /// Reads `ranked`, `fixed` or `1..4000`; nil for any other text, and for an invalid range.
  public init?(parsing text: String) {
    switch text {
    case "ranked": self = .ranked
    case "fixed": self = .standard
    default:
      guard let dots = text.firstRange(of: ".."), let lower = Self.speed(text[..<dots.lowerBound]),
        let upper = Self.speed(text[dots.upperBound...]), lower < upper, lower == 0 || lower >= 1e-9
      else { return nil }
      self = .fixed(lower: lower, upper: upper)
    }
  }

  /// A number written with digits and at most one decimal point, from 0 to 10^12.
  private static func speed(_ text: Substring) -> Double? {
    guard let first = text.utf8.first, (0x30...0x39).contains(first), text.utf8.last != 0x2E,
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }), let value = Double(text), value <= 1e12
    else { return nil }
    return value
  }
}

/// The speeds at which the shades of one setting begin: 1 (slowest) to 9 (fastest).
public struct SpeedScale: Sendable, Hashable {
  /// Number of levels, 1 (slowest) to 9 (fastest).
  public static let levels = 9
  /// The level for an unknown speed.
  public static let middle = 5

  /// Slowest speed of each level, in order; empty if no speed is known.
  public let thresholds: [Double]
  /// The end of the last level: the fastest speed, or the scale's own end.
  public let fastest: Double?

  /// The scale of `speeds`, in any order, with equal numbers in each level.
  ///
  /// Each setting has its own scale: shapes that fit only in a later setting are larger and slower throughout, and one
  /// scale for all would show them in a single shade.
  public init(ranking speeds: [Double]) {
    let sorted = speeds.filter { $0.isFinite }.sorted()
    thresholds = sorted.isEmpty ? [] : (0..<Self.levels).map { sorted[$0 * sorted.count / Self.levels] }
    fastest = sorted.last
  }

  /// Equal ratios between two speeds; equal steps from 0 on.
  public init(from lower: Double, through upper: Double) {
    thresholds = (0..<Self.levels).map { level in
      let part = Double(level) / Double(Self.levels)
      return lower > 0 ? lower * pow(upper / lower, part) : upper * part
    }
    fastest = upper
  }

  /// The level of a speed, 1 to 9; the middle one if it is unknown.
  public func level(_ speed: Double?) -> Int {
    guard let speed, !thresholds.isEmpty else { return Self.middle }
    return max(1, thresholds.lastIndex { $0 <= speed }.map { $0 + 1 } ?? 1)
  }
}

extension FitMap {
  /// The scale of each setting over all shapes of the map, drawn or not, so that all selections of panels look alike.
  public func speedScales(_ shades: ShadeScale) -> [SpeedScale] {
    if case .fixed(let lower, let upper) = shades {
      return settings.map { _ in SpeedScale(from: lower, through: upper) }
    }
    var speeds = Array(repeating: [Double](), count: settings.count)
    for cell in allCells {
      if let setting = cell.firstFitting, let speed = cell.speed, !cell.isDisturbed { speeds[setting].append(speed) }
    }
    return speeds.map(SpeedScale.init(ranking:))
  }

  /// The appearance of one cell.
  enum Appearance: Sendable, Hashable {
    /// Not on the grid.
    case absent
    /// Fits in no setting.
    case blank
    /// Fits first in this setting, at this level of speed.
    case fits(setting: Int, level: Int)
    /// Fits first in this setting; other work disturbed its measurement, so that its speed gets no shade.
    case disturbed(setting: Int)
    /// May fit in `setting`; certainly fits in `fallback`, or nowhere.
    case uncertain(setting: Int, fallback: Int?, level: Int)
  }

  func appearance(_ panel: Panel, width: Int, depth: Int, scales: [SpeedScale]) -> Appearance {
    guard let cell = cell(panel, width: width, depth: depth) else { return .absent }
    if let setting = cell.firstUncertain {
      let fallback = cell.firstFitting
      return .uncertain(
        setting: setting, fallback: fallback, level: scales[fallback ?? setting].level(cell.speed))
    }
    if let setting = cell.firstFitting, cell.isDisturbed { return .disturbed(setting: setting) }
    if let setting = cell.firstFitting { return .fits(setting: setting, level: scales[setting].level(cell.speed)) }
    return .blank
  }
}
