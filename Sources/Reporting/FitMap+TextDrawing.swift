import VisionTransformer

extension FitMap {
  /// The panels of a text map, sampled to the available space.
  struct TextDrawing {
    let map: FitMap
    let terminal: Terminal
    let options: TextOptions
    let scales: [SpeedScale]
    let layout: TextLayout

    var panels: [Panel] { layout.drawn.panels }
    var isColored: Bool { terminal.colorDepth != .none }
    /// Whether a cell shows the level of speed as a digit.
    var showsLevels: Bool { !isColored && options.plainCell == .letterAndLevel }

    init(_ map: FitMap, options: TextOptions, terminal: Terminal) {
      self.map = map
      self.terminal = terminal
      self.options = options
      scales = map.speedScales(options.shades)
      layout = TextLayout(map, options: options, terminal: terminal)
    }

    /// One group of panels side by side with their axes.
    func lines(_ group: [Panel]) -> [Styled] {
      let depths = layout.depths
      let groups = stride(from: 0, to: depths.count, by: layout.depthsPerLine).map { start in
        Array(depths[start..<min(start + layout.depthsPerLine, depths.count)])
      }
      let labels = AxisLabels.lines(groups)
      func across(_ lead: String, _ part: (Panel) -> Styled) -> Styled {
        var line = Styled(lead, .dim).padded(to: layout.labelColumns, .right)
        for (index, panel) in group.enumerated() {
          // The last label of an axis extends into the gap.
          line = line.padded(to: layout.labelColumns + index * layout.pitch) + part(panel)
        }
        return line
      }
      var lines = [across("") { " " + Styled(map.title(of: $0), .bold) }]
      for (index, depths) in groups.enumerated() {
        let lead = index == 0 && labels[index].isEmpty ? "depth" : labels[index]
        lines.append(across(lead) { cells($0, depths) })
      }
      let ticks = AxisLabels.columns(layout.widths, cellColumns: layout.cellColumns)
      lines.append(across("") { _ in " " + Styled(ticks.rule, .dim) })
      lines.append(across("width") { _ in " " + Styled(ticks.labels, .dim) })
      return lines
    }

    /// One line of one panel, with the column before it, which a mark's bracket may use.
    private func cells(_ panel: Panel, _ depths: [Int]) -> Styled {
      let row = layout.widths.map { width in
        depths.map { map.appearance(panel, width: width, depth: $0, scales: scales) }
      }
      let cells = zip(layout.widths, row).flatMap { width, cell in
        let isCompiled = depths.contains { map.isCompiled(panel, width: width, depth: $0) }
        return isColored ? coloredCell(cell, isCompiled: isCompiled) : plainCell(cell, isCompiled: isCompiled)
      }
      // One column for each; the first and the last are beside the cells.
      var glyphs: [Styled] = [" "] + cells + [""]
      for mark in map.marks {
        guard let place = place(mark, on: panel), depths.contains(place.depth),
          let cell = layout.widths.firstIndex(of: place.width)
        else { continue }
        let column = 1 + AxisLabels.tick(cell, cellColumns: layout.cellColumns)
        let letter = String(mark.label.prefix(1))
        if isColored {
          glyphs[column] = Styled(letter, FitPalette.mark)
        } else {
          // Brackets distinguish the mark from the letters of the settings, and replace a level if necessary.
          glyphs[column] = Styled(letter)
          glyphs[column - 1] = "["
          glyphs[column + 1] = "]"
        }
      }
      return glyphs.reduce(Styled(""), +)
    }

    /// The sampled place nearest to a mark; nil if its shape has no answer on the panel.
    private func place(_ mark: Mark, on panel: Panel) -> (width: Int, depth: Int)? {
      guard panel.holds(mark.shape), map.cell(panel, width: mark.shape.width, depth: mark.shape.depth) != nil else {
        return nil
      }
      func nearest(_ values: [Int], _ value: Int) -> Int {
        values.min { ($0 - value).magnitude < ($1 - value).magnitude } ?? value
      }
      return (nearest(layout.widths, mark.shape.width), nearest(layout.depths, mark.shape.depth))
    }

    private func plainCell(_ cell: [Appearance], isCompiled: Bool) -> [Styled] {
      var glyphs =
        switch cell.first ?? .absent {
        case .absent: ""
        case .blank: showsLevels ? " ." : "."
        case .uncertain: showsLevels ? "??" : "?"
        case .disturbed(let setting): showsLevels ? "\(FitPalette.hue(setting).letter)*" : "*"
        case .fits(let setting, let level):
          showsLevels ? "\(FitPalette.hue(setting).letter)\(level)" : FitLegend.letter(setting, level: level)
        }
      if isCompiled { glyphs += FitPalette.compiledSign }
      var columns = [Styled](repeating: " ", count: layout.cellColumns)
      let tick = AxisLabels.tick(0, cellColumns: layout.cellColumns)
      for (index, glyph) in glyphs.enumerated() where tick + index < columns.count {
        columns[tick + index] = Styled(String(glyph))
      }
      return columns
    }

    private func coloredCell(_ cell: [Appearance], isCompiled: Bool) -> [Styled] {
      let colors = cell.map(Self.color)
      let upper = colors[0], lower = layout.depthsPerLine == 1 ? upper : colors.count > 1 ? colors[1] : nil
      let column: Styled =
        switch (upper, lower) {
        case (nil, nil): " "
        case (let upper?, nil): Styled("▀", Style(color: upper))
        case (nil, let lower?): Styled("▄", Style(color: lower))
        case (let upper?, let lower?) where upper == lower: Styled(" ", Style(background: upper))
        case (let upper?, let lower?): Styled("▀", Style(color: upper, background: lower))
        }
      var columns = Array(repeating: column, count: layout.cellColumns)
      // One sign for both halves, which says that the result under it is doubtful.
      if let sign = cell.compactMap(Self.disturbedColor).first {
        columns[AxisLabels.tick(0, cellColumns: layout.cellColumns)] = FitPalette.disturbed(on: sign)
      } else if isCompiled {
        columns[AxisLabels.tick(0, cellColumns: layout.cellColumns)] = FitPalette.compiled(on: upper)
      }
      return columns
    }

    /// Colour of a cell; nil for the terminal's own.
    static func color(_ appearance: Appearance) -> Color? {
      switch appearance {
      case .absent, .blank: nil
      case .uncertain: FitPalette.uncertain
      case .disturbed(let setting): FitPalette.hue(setting).color(SpeedScale.middle)
      case .fits(let setting, let level): FitPalette.hue(setting).color(level)
      }
    }

    private static func disturbedColor(_ appearance: Appearance) -> Color? {
      if case .disturbed = appearance { color(appearance) } else { nil }
    }
  }
}
