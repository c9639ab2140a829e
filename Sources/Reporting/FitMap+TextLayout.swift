import VisionTransformer

extension FitMap {
  /// Which parts of a map are drawn on a terminal, and where: as many panels as fit, with widths and depths sampled.
  struct TextLayout {
    let drawn: DrawnPanels
    let widths: [Int]
    let depths: [Int]
    /// The panels by line.
    let panelLines: [[Panel]]
    /// Distance between the left edges of neighbouring panels, in columns.
    let pitch: Int
    /// Columns of one cell.
    let cellColumns: Int
    /// Number of depths on one line.
    let depthsPerLine: Int
    /// Columns before the first panel.
    let labelColumns: Int

    /// Blanks between panels, which leave space for the second half of the last width's label.
    static let gap = 4
    /// Default number of panels: at least this many, or two lines of them, as far as the terminal's height allows.
    private static let usual = 6
    private static let usualLines = 2
    /// Lines of a panel in addition to its cells, and lines above and below the panels.
    private static let panelOverhead = 4
    private static let overhead = 18
    private static let mostRows = 25, fewestRows = 10
    /// The number of widths up to which each is labelled.
    private static let fewWidths = 8

    init(_ map: FitMap, options: TextOptions, terminal: Terminal) {
      let isColored = terminal.colorDepth != .none
      let all = map.depths.sorted()
      labelColumns = max(5, (all.last.map { String($0).count } ?? 1) + 1)
      let room = max(8, terminal.columns - labelColumns - 3)
      let base = !isColored && options.plainCell == .letterAndLevel ? 2 : 1
      // Titles of a map are nearly equal, drawn or not.
      let title = map.panels.prefix(100).map { map.title(of: $0).count }.max() ?? 0
      (widths, cellColumns) = Self.widths(map, room: room, base: base, title: title)
      let plot = widths.count * cellColumns
      let across = max(1, (room + Self.gap) / (max(plot, title) + Self.gap))
      let lines = terminal.lines.map { max(1, ($0 - Self.overhead) / (Self.fewestRows + Self.panelOverhead)) }
      let usual = min(max(Self.usual, Self.usualLines * across), lines.map { $0 * across } ?? .max)
      drawn = map.panels(options.panels, usual: usual, mostAsked: TextOptions.mostAsked)
      pitch = max(plot, drawn.panels.map { map.title(of: $0).count }.max() ?? 0) + Self.gap
      panelLines = drawn.lines(most: max(1, (room + Self.gap) / pitch))
      let lineCount = max(1, panelLines.count)
      // Title, axes and legend take the rest of the screen.
      let rows =
        options.maxRows
        ?? terminal.lines.map {
          min(Self.mostRows, max(Self.fewestRows, ($0 - Self.overhead) / lineCount - Self.panelOverhead))
        } ?? Self.mostRows
      // Half blocks show two depths on one line, and make cells nearly square; a few depths get a line each.
      depthsPerLine = isColored && terminal.isUnicode && all.count > min(rows, Self.fewestRows) ? 2 : 1
      depths = FitMap.sampled(all, atMost: rows * depthsPerLine, keeping: map.marks.map(\.shape.depth))
    }

    /// The widths to draw, and the columns of a cell: enough for a label if there are few widths, two if the panel's
    /// title is twice as long as their number.
    private static func widths(
      _ map: FitMap, room: Int, base: Int, title: Int
    ) -> (widths: [Int], cellColumns: Int) {
      let all = map.widths.sorted()
      let label = (all.last.map { String($0).count } ?? 1) + 2
      if all.count <= fewWidths, all.count * label <= room { return (all, max(base, label)) }
      if 2 * all.count <= min(title, room) { return (all, 2) }
      return (sampled(all, atMost: room / base, keeping: map.marks.map(\.shape.width)), base)
    }
  }

  /// A panel's title: the values in which the map's panels differ, and always MLP-width and heads.
  func title(of panel: Panel, mlp: String = "MLP") -> String {
    var parts: [String] = []
    if batches.count > 1 { parts.append(images(panel.batch)) }
    if imageSizes.count > 1 { parts.append("\(panel.imageSize) px") }
    if patches.count > 1 { parts.append("patch \(panel.patch)") }
    let heads =
      switch panel.heads {
      case .value(let heads): counted(heads, "head")
      case .ratio, .widthOver: "heads \(panel.heads)"
      }
    return (parts + ["\(mlp) \(panel.mlpWidth)", heads]).joined(separator: ", ")
  }
}
