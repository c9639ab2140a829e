import VisionTransformer

extension FitMap {
  /// How the text map is drawn.
  public struct TextOptions: Sendable, Hashable {
    /// What a cell shows without colours.
    public enum PlainCell: Sendable, Hashable {
      /// One letter for the setting, a capital for the faster shapes.
      case letter
      /// The letter and the level of speed, 1 to 9.
      case letterAndLevel
    }

    /// The panels to draw.
    public var panels: PanelSelection
    /// Limit on the lines of a panel, for which depths are sampled. Nil means 25, or what the terminal's height leaves.
    public var maxRows: Int?
    /// Cells without colours.
    public var plainCell: PlainCell
    /// The meaning of shades.
    public var shades: ShadeScale
    /// The option that selects panels by an axis, such as `--heads`, mentioned if some are left out.
    public var choices: [PanelAxis: String]
    /// The option that shows all of them.
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

    /// Limit on panels of axes that the user asked for, unless given.
    static let mostAsked = 12
  }

  /// The map for `terminal`: as many panels side by side as fit, the legend, and what was left out.
  public func text(options: TextOptions = TextOptions(), terminal: Terminal = .plain) -> String {
    let drawing = TextDrawing(self, options: options, terminal: terminal)
    var lines = Styled(title, .bold).wrapped(to: terminal.columns) + [""]
    if drawing.panels.isEmpty { lines.append("No shape is on this map.") }
    for group in drawing.layout.panelLines { lines += drawing.lines(group) + [""] }
    lines += FitLegend(self, drawing: drawing).lines()
    return lines.rendered(for: terminal)
  }
}
