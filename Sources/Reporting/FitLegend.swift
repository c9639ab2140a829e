import VisionTransformer

/// What stands under a text map: the settings and their colours, the scale of speed, the marks, what was left out.
struct FitLegend {
  let map: FitMap
  let drawing: FitMap.TextDrawing

  init(_ map: FitMap, drawing: FitMap.TextDrawing) {
    self.map = map
    self.drawing = drawing
  }

  /// A capital for the levels above the middle one.
  static func letter(_ setting: Int, level: Int) -> String {
    let letter = String(FitPalette.hue(setting).letter)
    return level > SpeedScale.middle ? letter : letter.lowercased()
  }

  func lines() -> [Styled] {
    var facts = [(label: "speed", text: reading)]
    facts += map.marks.map { ($0.label, map.describe($0, drawn: drawing.panels)) }
    facts.append(("shapes", map.summary))
    if let sampling { facts.append(("drawn", sampling)) }
    facts.append(("source", map.provenance))
    let first = "fits first in"
    let indent = 2 + facts.reduce(first.count) { max($0, $1.label.count) } + 2
    let width = max(20, drawing.terminal.columns - indent)
    func labelled(_ label: String, _ lines: [Styled]) -> [Styled] {
      lines.enumerated().map { index, line in
        Styled("  ") + Styled(index == 0 ? label : "", .dim).padded(to: indent - 2) + line
      }
    }
    return labelled(first, settings(width: width))
      + facts.flatMap { labelled($0.label, wrap($0.text, width: width).map { Styled($0) }) }
  }

  /// The settings with their colours or letters and the speeds of the shapes that fit first in them.
  private func settings(width: Int) -> [Styled] {
    let names = map.settings.map(\.count).max() ?? 0
    var lines = map.settings.enumerated().flatMap { index, name -> [Styled] in
      let range = range(drawing.scales[index])
      let swatch = swatch(index)
      let lead = swatch + Styled("  " + name)
      if range.isEmpty { return [lead] }
      let line = lead.padded(to: swatch.columns + names + 4) + Styled(range)
      return line.columns <= width ? [line] : [lead, Styled("").padded(to: swatch.columns + 2) + Styled(range)]
    }
    let blanks = String(repeating: " ", count: drawing.isColored ? SpeedScale.levels : 3)
    lines.append(
      (drawing.isColored ? Styled(blanks, Style(background: FitPalette.uncertain)) : "?  ")
        + Styled("  uncertain"))
    lines.append((drawing.isColored ? Styled(blanks) : ".  ") + Styled("  in none of them"))
    return lines
  }

  private func swatch(_ setting: Int) -> Styled {
    guard drawing.isColored else {
      return Styled(Self.letter(setting, level: 9) + " " + Self.letter(setting, level: 1))
    }
    return (1...SpeedScale.levels).reduce(Styled("")) { ramp, level in
      ramp + Styled(" ", Style(background: FitPalette.hue(setting).color(level)))
    }
  }

  private func range(_ scale: SpeedScale) -> String {
    guard let slowest = scale.thresholds.first, let fastest = scale.fastest else { return "" }
    let middle = scale.thresholds[SpeedScale.middle]
    let range = "\(Self.speed(slowest)) to \(Self.speed(fastest))"
    return drawing.isColored || drawing.cellColumns == 2 ? range : range + ", a capital from \(Self.speed(middle))"
  }

  /// How brightness, case or digits are to be read.
  private var reading: String {
    let rule =
      if drawing.isColored {
        "brighter is faster; as many shapes in each shade of a colour"
      } else if drawing.cellColumns == 1 {
        "a capital is faster than most of the shapes that fit first in the same setting"
      } else {
        "9 is the fastest ninth of the shapes that fit first in the same setting"
      }
    return "\(map.speedUnit); \(rule)"
  }

  static func speed(_ speed: Float) -> String { fixed(Double(speed), digits: speed < 10 ? 1 : 0) }

  /// What the map leaves out; nil where it shows all.
  private var sampling: String? {
    var parts: [String] = []
    if drawing.panels.count < map.panels.count {
      parts.append("\(drawing.panels.count) of \(counted(map.panels.count, "panel"))")
    }
    func axis(_ name: String, _ shown: [Int], _ all: Set<Int>) {
      guard shown.count < all.count, let first = shown.first, let last = shown.last, shown.count > 1 else { return }
      parts.append("\(shown.count) of \(all.count) \(name) (\(first), \(shown[1]) … \(last)), each cell one real shape")
    }
    axis("depths", drawing.depths, map.depths)
    axis("widths", drawing.widths, map.widths)
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}
