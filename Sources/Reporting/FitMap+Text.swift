import VisionTransformer

extension FitMap {
  /// How the text map is drawn.
  public struct TextOptions: Sendable, Hashable {
    /// What one cell of the form without colours shows.
    public enum PlainCell: Sendable, Hashable {
      /// One letter for the setting, a capital for the faster shapes.
      case letter
      /// The letter and the level of speed, 1 to 9.
      case letterAndLevel
    }

    /// Which panels are drawn.
    public var panels: PanelSelection
    /// Most lines of a panel; depths are sampled to keep to it. Nil: 25, or what the terminal's height leaves.
    public var maxRows: Int?
    /// Cells of the form without colours.
    public var plainCell: PlainCell
    /// What a shade means.
    public var shades: ShadeScale
    /// What a reader gives to choose panels by an axis, such as `--heads`, said where some are left out.
    public var choices: [PanelAxis: String]
    /// What a reader gives to see all of them.
    public var everyPanel: String?

    /// Options.
    public init(
      panels: PanelSelection = PanelSelection(), maxRows: Int? = nil, plainCell: PlainCell = .letter,
      shades: ShadeScale = .ranked, choices: [PanelAxis: String] = [:], everyPanel: String? = nil
    ) {
      self.panels = panels
      self.maxRows = maxRows.map { max($0, 1) }
      self.plainCell = plainCell
      self.shades = shades
      self.choices = choices
      self.everyPanel = everyPanel
    }

    /// Most panels of what was asked for, where nobody says how many.
    static let mostAsked = 12
  }

  /// The map for `terminal`: panels side by side as far as they fit, the legend, and what was left out.
  public func text(options: TextOptions = TextOptions(), terminal: Terminal = .plain) -> String {
    let drawing = TextDrawing(self, options: options, terminal: terminal)
    var lines = Styled(title, .bold).wrapped(to: terminal.columns) + [""]
    if drawing.panels.isEmpty { lines.append("No shape is on this map.") }
    for group in drawing.layout.panelLines { lines += drawing.lines(group) + [""] }
    lines += FitLegend(self, drawing: drawing).lines()
    return lines.rendered(for: terminal)
  }
}
