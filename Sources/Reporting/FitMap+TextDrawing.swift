import VisionTransformer

extension FitMap {
  /// The panels of a text map, sampled to the space there is.
  struct TextDrawing {
    let map: FitMap
    let terminal: Terminal
    let options: TextOptions
    let scales: [SpeedScale]
    let panels: [Panel]
    let widths: [Int]
    let depths: [Int]
    let panelsAcross: Int
    /// Columns from one panel to the next.
    let pitch: Int
    /// Columns of one cell.
    let cellColumns: Int
    /// Depths of one line.
    let depthsPerLine: Int

    var isColored: Bool { terminal.colorDepth != .none }
    var labelColumns: Int { max(5, (depths.last.map { String($0).count } ?? 1) + 1) }

    init(_ map: FitMap, options: TextOptions, terminal: Terminal) {
      self.map = map
      self.terminal = terminal
      self.options = options
      scales = map.speedScales
      panels = map.panels(options.panels)
      let isColored = terminal.colorDepth != .none
      cellColumns = !isColored && options.plainCell == .letterAndLevel ? 2 : 1
      // Half blocks show two depths in one line, and make cells nearly square.
      depthsPerLine = isColored && terminal.isUnicode ? 2 : 1
      // Title, axis and its labels take the rest of the screen.
      let rows = options.maxRows ?? terminal.lines.map { min(25, max(10, $0 - 8)) } ?? 25
      depths = FitMap.sampled(
        map.depths.sorted(), atMost: rows * depthsPerLine, keeping: map.marks.map(\.shape.depth))
      let label = max(5, (depths.last.map { String($0).count } ?? 1) + 1)
      let room = max(8, terminal.columns - label - 3)
      widths = FitMap.sampled(
        map.widths.sorted(), atMost: room / cellColumns, keeping: map.marks.map(\.shape.width))
      let title = panels.map { Self.title($0).count }.max() ?? 0
      pitch = max(widths.count * cellColumns, title) + Self.gap
      // As many lines of panels as are needed, each about as full: six panels are three and three, not five and one.
      let most = max(1, (room + Self.gap) / pitch)
      let lines = max(1, (panels.count + most - 1) / most)
      panelsAcross = max(1, (panels.count + lines - 1) / lines)
    }

    private static func title(_ panel: Panel) -> String { "MLP \(panel.mlpWidth), \(panel.heads) heads" }

    /// Blanks between panels: room for the second half of the last width's label.
    static let gap = 4

    /// One group of panels side by side with their axes.
    func lines(_ group: [Panel]) -> [Styled] {
      let groups = stride(from: 0, to: depths.count, by: depthsPerLine).map { start in
        Array(depths[start..<min(start + depthsPerLine, depths.count)])
      }
      let labels = AxisLabels.lines(groups)
      func across(_ lead: String, _ part: (Panel) -> Styled) -> Styled {
        var line = Styled(lead, .dim).padded(to: labelColumns, .right)
        for (index, panel) in group.enumerated() {
          // The last label of an axis reaches into the gap.
          line = line.padded(to: labelColumns + index * pitch) + part(panel)
        }
        return line
      }
      var lines = [across("") { " " + Styled(Self.title($0), .bold) }]
      for (index, depths) in groups.enumerated() {
        let lead = index == 0 && labels[index].isEmpty ? "depth" : labels[index]
        lines.append(across(lead) { cells($0, depths) })
      }
      let ticks = AxisLabels.columns(widths, cellColumns: cellColumns)
      lines.append(across("") { _ in " " + Styled(ticks.rule, .dim) })
      lines.append(across("width") { _ in " " + Styled(ticks.labels, .dim) })
      return lines
    }

    /// One line of one panel, with the column before it, which a mark's bracket may take.
    private func cells(_ panel: Panel, _ depths: [Int]) -> Styled {
      let row = widths.map { width in
        depths.map { map.appearance(panel, width: width, depth: $0, scales: scales) }
      }
      // The first and the last stand beside the cells.
      var glyphs = [" "] + row.map { isColored ? coloredCell($0) : Styled(plainCell($0)) } + [""]
      for mark in map.marks where mark.shape.heads == panel.heads && mark.shape.mlpWidth == panel.mlpWidth {
        guard let place = place(mark), depths.contains(place.depth), let cell = widths.firstIndex(of: place.width)
        else { continue }
        let column = cell + 1
        let letter = String(mark.label.prefix(1))
        if isColored {
          let half = depths.firstIndex(of: place.depth) ?? 0
          glyphs[column] = Styled(letter, markStyle(row[cell][half]))
        } else if cellColumns == 1 {
          // Brackets tell the mark from the letters of the settings.
          glyphs[column] = Styled(letter)
          glyphs[column - 1] = "["
          glyphs[column + 1] = "]"
        } else {
          glyphs[column] = Styled(letter + "]")
          glyphs[column - 1] = Styled(cell == 0 ? "[" : String(glyphs[column - 1].plain.prefix(1)) + "[")
        }
      }
      return glyphs.reduce(Styled(""), +)
    }

    /// The sampled place nearest to a mark; nil where the mark is off the map's axes.
    func place(_ mark: Mark) -> (width: Int, depth: Int)? {
      guard let first = widths.first, let last = widths.last, let top = depths.first, let bottom = depths.last,
        (first...last).contains(mark.shape.width), (min(top, 1)...bottom).contains(mark.shape.depth)
      else { return nil }
      func nearest(_ values: [Int], _ value: Int) -> Int {
        values.min { ($0 - value).magnitude < ($1 - value).magnitude } ?? value
      }
      return (nearest(widths, mark.shape.width), nearest(depths, mark.shape.depth))
    }

    private func plainCell(_ cell: [Appearance]) -> String {
      switch cell.first ?? .absent {
      case .absent: String(repeating: " ", count: cellColumns)
      case .blank: cellColumns == 1 ? "." : " ."
      case .uncertain: cellColumns == 1 ? "?" : "??"
      case .fits(let setting, let level):
        cellColumns == 2 ? "\(FitPalette.hue(setting).letter)\(level)" : FitLegend.letter(setting, level: level)
      }
    }

    private func coloredCell(_ cell: [Appearance]) -> Styled {
      let colors = cell.map(Self.color)
      if depthsPerLine == 1 { return colors[0].map { Styled(" ", Style(background: $0)) } ?? " " }
      let upper = colors[0], lower = colors.count > 1 ? colors[1] : nil
      return switch (upper, lower) {
      case (nil, nil): " "
      case (let upper?, nil): Styled("▀", Style(color: upper))
      case (nil, let lower?): Styled("▄", Style(color: lower))
      case (let upper?, let lower?) where upper == lower: Styled(" ", Style(background: upper))
      case (let upper?, let lower?): Styled("▀", Style(color: upper, background: lower))
      }
    }

    private func markStyle(_ appearance: Appearance) -> Style {
      guard let background = Self.color(appearance) else { return .bold }
      let isLight =
        switch appearance {
        case .fits(_, let level): level > SpeedScale.levels / 2
        default: true
        }
      return Style(color: .exact(RGB(isLight ? 0x000000 : 0xFFFFFF)), background: background, isBold: true)
    }

    /// Colour of a cell; nil for what stays as the terminal is.
    static func color(_ appearance: Appearance) -> Color? {
      switch appearance {
      case .absent, .blank: nil
      case .uncertain: FitPalette.uncertain
      case .fits(let setting, let level): FitPalette.hue(setting).color(level)
      }
    }
  }
}
