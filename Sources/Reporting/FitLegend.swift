import VisionTransformer

/// The text below a text map: the settings and their colours, the scale of speed, the marks, and what was left out.
struct FitLegend {
  let map: FitMap
  let drawing: FitMap.TextDrawing

  init(_ map: FitMap, drawing: FitMap.TextDrawing) {
    self.map = map
    self.drawing = drawing
  }

  /// The letter of a level: a capital above the middle.
  static func letter(_ setting: Int, level: Int) -> String {
    let letter = String(FitPalette.hue(setting).letter)
    return level > SpeedScale.middle ? letter : letter.lowercased()
  }

  func lines() -> [Styled] {
    var facts = [(label: "speed", text: reading)]
    facts += map.marks.map { ($0.label, map.describe($0, drawn: drawing.panels)) }
    if let rounding = map.rounding { facts.append(("ratios", rounding)) }
    facts.append(("shapes", map.summary))
    if let changes = map.comparison { facts.append(("changes", changes)) }
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

  /// The settings with their colours or letters, and the speeds of the shapes that fit first in them.
  private func settings(width: Int) -> [Styled] {
    let names = map.settings.map(\.count).max() ?? 0
    func entry(_ swatch: Styled, _ text: String) -> [Styled] {
      wrap(text, width: max(10, width - swatch.columns - 2)).enumerated().map { index, line in
        (index == 0 ? swatch : Styled("")).padded(to: swatch.columns + 2) + Styled(line)
      }
    }
    var lines = map.settings.enumerated().flatMap { index, name -> [Styled] in
      let range = range(drawing.scales[index], of: index)
      let swatch = swatch(index)
      let line = (swatch + Styled("  " + name)).padded(to: swatch.columns + names + 4) + Styled(range)
      if !range.isEmpty, line.columns <= width { return [line] }
      return entry(swatch, name) + (range.isEmpty ? [] : entry(Styled("").padded(to: swatch.columns), range))
    }
    let blanks = String(repeating: " ", count: drawing.isColored ? SpeedScale.levels : 3)
    lines += entry(drawing.isColored ? Styled(blanks, Style(background: FitPalette.uncertain)) : "?  ", "uncertain")
    if map.hasDisturbed {
      let sign = drawing.isColored ? FitPalette.disturbed(on: FitPalette.hue(0).color(SpeedScale.middle)) : "*"
      lines += entry(
        (sign + Styled("  ")).padded(to: blanks.count), "fits; its speed was measured beside something else")
    }
    lines += entry(drawing.isColored ? Styled(blanks) : ".  ", "in none of them")
    if map.compiled.count > 0 {
      let ground = drawing.isColored ? FitPalette.hue(0).color(SpeedScale.middle) : nil
      // In a cell of one column the letter leaves no space for the sign.
      let sign = drawing.isColored || drawing.layout.cellColumns > 1 ? FitPalette.compiled(on: ground) : ""
      lines += entry(
        sign.padded(to: blanks.count), "a compiler was asked; where it settled the verdict, that is drawn")
    }
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

  /// `10 to 1718`; where the letter shows the speed, `O 43 to 1718, o 10 to 43`.
  private func range(_ scale: SpeedScale, of setting: Int) -> String {
    let range = Self.range(scale)
    guard !range.isEmpty, !drawing.isColored, !drawing.showsLevels else { return range }
    // A few equal speeds cannot be told apart.
    let ends = [scale.thresholds.first, scale.fastest].map { $0.map(Self.speed) ?? "" }
    let middle = Self.speed(scale.thresholds[SpeedScale.middle])
    guard !ends.contains(middle) else { return range }
    let fast = Self.letter(setting, level: SpeedScale.levels), slow = Self.letter(setting, level: 1)
    return "\(fast) \(middle) to \(ends[1]), \(slow) \(ends[0]) to \(middle)"
  }

  /// `10 to 1718`, or a single number; empty if no speed is known.
  static func range(_ scale: SpeedScale) -> String {
    guard let slowest = scale.thresholds.first, let fastest = scale.fastest else { return "" }
    let ends = [speed(slowest), speed(fastest)]
    return ends[0] == ends[1] ? ends[0] : "\(ends[0]) to \(ends[1])"
  }

  /// How to read brightness, case or digits.
  private var reading: String {
    let scale =
      // Two letters are not nine shades.
      drawing.options.shades == .ranked && !drawing.isColored && !drawing.showsLevels
      ? Self.ownScale : Self.scale(drawing.options.shades)
    return "\(map.speedUnit); \(rule); \(scale)"
  }

  private var rule: String {
    if drawing.isColored { return "brighter is faster" }
    return drawing.showsLevels ? "level 9 is the fastest, 1 the slowest" : "a capital letter is faster than a small one"
  }

  private static let ownScale = "each setting has its own scale"

  /// How the scale of each setting is made.
  static func scale(_ shades: ShadeScale) -> String {
    switch shades {
    case .ranked: "\(ownScale), with as many shapes in each shade"
    case .fixed(let lower, _):
      "one scale for all settings and all maps, in equal \(lower > 0 ? "ratios" : "steps")"
    }
  }

  static func speed(_ speed: Double) -> String {
    let text = fixed(speed, digits: speed < 10 ? 1 : 0)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// What the map leaves out; nil if it shows everything.
  private var sampling: String? {
    var parts: [String] = []
    let drawn = drawing.layout.drawn
    if let panels = drawn.sentence { parts += [panels, choosing(drawn)].compactMap(\.self) }
    func axis(_ name: String, _ shown: [Int], _ all: Set<Int>) {
      guard shown.count < all.count, let first = shown.first, let last = shown.last, shown.count > 1 else { return }
      parts.append("\(shown.count) of \(all.count) \(name) (\(first), \(shown[1]) … \(last)), each cell one real shape")
    }
    axis("depths", drawing.layout.depths, map.depths)
    axis("widths", drawing.layout.widths, map.widths)
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// `choose with --mlp-width or --heads, or draw all with --panels all`.
  private func choosing(_ drawn: FitMap.DrawnPanels) -> String? {
    let options = FitMap.PanelAxis.allCases.compactMap { drawn.leftOut[$0] == nil ? nil : drawing.options.choices[$0] }
    let parts = [
      options.isEmpty ? nil : "choose with " + options.joined(separator: " or "),
      drawing.options.everyPanel.map { "draw all with " + $0 },
    ].compactMap(\.self)
    return parts.isEmpty ? nil : parts.joined(separator: ", or ")
  }
}

extension FitMap {
  /// Whether other work disturbed the steps of any shape.
  var hasDisturbed: Bool { allCells.contains { $0.isDisturbed } }

  /// A note on ratios that were rounded; nil if none were.
  var rounding: String? {
    guard let axis = axes?.mlpWidth, axis.isRelative, axis.rounding > 1 else { return nil }
    return "MLP-widths are rounded to multiples of \(axis.rounding)"
  }
}

extension FitMap.DrawnPanels {
  /// `6 of 36 panels (1 of 3 head counts, 6 of 12 MLP-widths)`; nil if all are drawn.
  var sentence: String? {
    guard panels.count < count else { return nil }
    let axes = FitMap.PanelAxis.allCases.compactMap { axis in
      leftOut[axis].map { "\($0.drawn) of \(grouped($0.of)) \(axis.plural)" }
    }
    return "\(panels.count) of \(counted(count, "panel"))" + (axes.isEmpty ? "" : " (\(axes.joined(separator: ", ")))")
  }
}

extension FitMap.PanelAxis {
  /// The name of its values, for people.
  fileprivate var plural: String {
    switch self {
    case .mlpWidth: "MLP-widths"
    case .batch: "batches"
    case .patch: "patches"
    case .imageSize: "image sizes"
    case .heads: "head counts"
    }
  }
}
