import VisionTransformer

extension FitMap {
  /// How the map is drawn as SVG.
  public struct SVGOptions: Sendable, Hashable {
    /// The panels to draw.
    public var panels: PanelSelection
    /// Number of panels side by side; nil for an automatic choice.
    public var panelsAcross: Int?
    /// The meaning of shades.
    public var shades: ShadeScale

    /// Options.
    public init(
      panels: PanelSelection = PanelSelection(), panelsAcross: Int? = nil, shades: ShadeScale = .ranked
    ) {
      self.panels = panels
      self.panelsAcross = panelsAcross
      self.shades = shades
    }

    /// Default limit on panels: every MLP-width of Figure 8 at one number of heads.
    static let usual = 12
    /// Limit on panels of axes that the user asked for, unless given.
    static let mostAsked = 24
  }

  /// The map as SVG with every width and depth; the same map gives the same bytes.
  public func svg(options: SVGOptions = SVGOptions()) -> String {
    var drawing = SVGDrawing(self, options: options)
    return drawing.document()
  }

  /// Places and sizes of an SVG map, in pixels.
  private struct SVGDrawing {
    let map: FitMap
    let drawn: DrawnPanels
    let widths: [Int]
    let depths: [Int]
    let scales: [SpeedScale]
    /// The panels that stand side by side.
    let lines: [[Panel]]
    let cell: (width: Int, height: Int)
    let plot: (width: Int, height: Int)
    /// Distance between the left edges of neighbouring panels, in pixels.
    let pitch: Int
    let size: (width: Int, height: Int)
    let top: Int
    let captionTop: Int
    let caption: [String]
    let legend: [[LegendItem]]

    private static let mlp = "MLP-width"
    private static let left = 52, right = 18, gapAcross = 26, gapDown = 30, titleHeight = 34, legendLine = 20

    init(_ map: FitMap, options: SVGOptions) {
      self.map = map
      drawn = map.panels(options.panels, usual: SVGOptions.usual, mostAsked: SVGOptions.mostAsked)
      widths = map.widths.sorted()
      depths = map.depths.sorted()
      scales = map.speedScales(options.shades)
      lines = drawn.lines(most: options.panelsAcross ?? (drawn.panels.count > 6 ? 4 : 3))
      let across = max(1, lines.map(\.count).max() ?? 1), rows = max(1, lines.count)
      let title = drawn.panels.map { SVG.width(map.title(of: $0, mlp: Self.mlp), size: 11, isBold: true) }.max() ?? 0
      cell = (max(1, max(170, title) / max(widths.count, 1)), max(1, 200 / max(depths.count, 1)))
      plot = (cell.width * widths.count, cell.height * depths.count)
      pitch = max(plot.width + Self.gapAcross, title + 8)
      // At least as wide as its title, and wide enough for the legend and the caption.
      let panelsWidth = (across - 1) * pitch + max(plot.width, pitch - Self.gapAcross)
      let width = Self.left + max(450, panelsWidth, SVG.width(map.title, size: 15)) + Self.right
      legend = LegendItem.lines(map, scales, options.shades, width: width - Self.left - Self.right)
      top = Self.titleHeight + legend.count * Self.legendLine + 26
      captionTop = top + rows * plot.height + max(0, rows - 1) * Self.gapDown + 58
      caption = wrap(
        Self.caption(map, drawn: drawn), width: SVG.columns(width - Self.left - Self.right, size: 11))
      size = (width, captionTop + caption.count * 15 + 4)
    }

    mutating func document() -> String {
      var svg = SVG(width: size.width, height: size.height, title: map.title)
      svg.add(
        "<defs><pattern id=\"uncertain\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\" "
          + "patternTransform=\"rotate(45)\"><rect width=\"4\" height=\"4\" fill=\"#fff\" fill-opacity=\"0.55\"/>"
          + "<rect width=\"2\" height=\"4\" fill=\"#111\"/></pattern>"
          + (map.hasDisturbed ? Self.dots : "") + "</defs>")
      svg.text(map.title, x: Self.left, y: 22, size: 14, isBold: true)
      drawLegend(&svg)
      for (row, line) in lines.enumerated() {
        for (column, panel) in line.enumerated() { draw(panel, row: row, column: column, &svg) }
      }
      for (index, line) in caption.enumerated() { svg.text(line, x: Self.left, y: captionTop + 15 * index) }
      return svg.document
    }

    private func draw(_ panel: Panel, row: Int, column: Int, _ svg: inout SVG) {
      let x = Self.left + column * pitch
      let y = top + row * (plot.height + Self.gapDown)
      svg.text(map.title(of: panel, mlp: Self.mlp), x: x, y: y - 6, isBold: true)
      drawCells(panel, x: x, y: y, &svg)
      svg.rect(
        x: x, y: y, width: plot.width, height: plot.height,
        attributes: "fill=\"none\" stroke=\"#444\" stroke-width=\"1\"")
      drawAxes(
        x: x, y: y, isLeft: column == 0, isBottom: row + 1 >= lines.count || column >= lines[row + 1].count, &svg)
      drawCompiled(panel, x: x, y: y, &svg)
      for mark in map.marks where panel.holds(mark.shape) {
        guard map.cell(panel, width: mark.shape.width, depth: mark.shape.depth) != nil,
          let i = widths.firstIndex(of: mark.shape.width), let j = depths.firstIndex(of: mark.shape.depth)
        else { continue }
        let centre = (x: x + i * cell.width + cell.width / 2, y: y + j * cell.height + cell.height / 2)
        svg.add(
          "<circle cx=\"\(centre.x)\" cy=\"\(centre.y)\" r=\"3\" fill=\"#fff\" stroke=\"#000\" stroke-width=\"1.5\"/>")
        svg.text(mark.label, x: centre.x + 6, y: centre.y + 4, size: 14, isBold: true, color: "#000", halo: true)
      }
    }

    /// All cells of one colour are one path, with one rectangle for each run of depths.
    private func drawCells(_ panel: Panel, x: Int, y: Int, _ svg: inout SVG) {
      var fills: [String: String] = [:]
      var hatched = "", dotted = ""
      for (i, width) in widths.enumerated() {
        var run: (look: Appearance, start: Int)?
        func close(_ end: Int) {
          guard let run else { return }
          let data =
            "M\(x + i * cell.width) \(y + run.start * cell.height)h\(cell.width)v\((end - run.start) * cell.height)"
            + "h-\(cell.width)z"
          if let fill = Self.fill(run.look) { fills[fill, default: ""] += data }
          if case .uncertain = run.look { hatched += data }
          if case .disturbed = run.look { dotted += data }
        }
        for (j, depth) in depths.enumerated() {
          let look = map.appearance(panel, width: width, depth: depth, scales: scales)
          guard look != run?.look else { continue }
          close(j)
          run = (look, j)
        }
        close(depths.count)
      }
      svg.add("<g shape-rendering=\"crispEdges\">")
      for (fill, data) in fills.sorted(by: { $0.key < $1.key }) { svg.path(data, attributes: "fill=\"\(fill)\"") }
      svg.path(hatched, attributes: "fill=\"url(#uncertain)\"")
      svg.path(dotted, attributes: "fill=\"url(#disturbed)\"")
      svg.add("</g>")
    }

    /// Draws a ring on each shape with a compiler's answer.
    private func drawCompiled(_ panel: Panel, x: Int, y: Int, _ svg: inout SVG) {
      for (i, width) in widths.enumerated() {
        for (j, depth) in depths.enumerated() where map.isCompiled(panel, width: width, depth: depth) {
          let centre = (x: x + i * cell.width + cell.width / 2, y: y + j * cell.height + cell.height / 2)
          svg.add("<circle cx=\"\(centre.x)\" cy=\"\(centre.y)\" r=\"2\" fill=\"none\" stroke=\"#000\"/>")
        }
      }
    }

    private static func fill(_ look: Appearance) -> String? {
      switch look {
      case .absent: "#ececec"
      case .blank, .uncertain(_, nil, _): nil
      case .fits(let setting, let level), .uncertain(_, let setting?, let level):
        FitPalette.hue(setting).shade(level).hex
      case .disturbed(let setting): FitPalette.hue(setting).shade(SpeedScale.middle).hex
      }
    }

    private static let dots =
      "<pattern id=\"disturbed\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\">"
      + "<circle cx=\"2\" cy=\"2\" r=\"1\" fill=\"#111\"/></pattern>"

    private func drawAxes(x: Int, y: Int, isLeft: Bool, isBottom: Bool, _ svg: inout SVG) {
      let bottom = y + plot.height
      var ticks = ""
      for i in AxisLabels.round(widths, atLeast: 34 / max(cell.width, 1)) {
        let tick = x + i * cell.width + cell.width / 2
        ticks += "M\(tick) \(bottom)v4"
        if isBottom { svg.text(String(widths[i]), x: tick, y: bottom + 16, anchor: .middle) }
      }
      for j in AxisLabels.round(depths, atLeast: 24 / max(cell.height, 1), isDecimal: true) {
        let tick = y + j * cell.height + cell.height / 2
        ticks += "M\(x) \(tick)h-4"
        if isLeft { svg.text(String(depths[j]), x: x - 7, y: tick + 4, anchor: .end) }
      }
      svg.path(ticks, attributes: "fill=\"none\" stroke=\"#444\" stroke-width=\"1\"")
      if isBottom { svg.text("width", x: x + plot.width / 2, y: bottom + 32, anchor: .middle) }
      if isLeft { svg.text("depth (blocks)", x: 16, y: y + plot.height / 2, anchor: .middle, turned: true) }
    }

    private func drawLegend(_ svg: inout SVG) {
      for (index, line) in legend.enumerated() {
        var x = Self.left
        let y = Self.titleHeight + index * Self.legendLine
        for item in line {
          item.draw(x: x, y: y, &svg)
          x += item.width
        }
      }
    }

    private static func caption(_ map: FitMap, drawn: DrawnPanels) -> String {
      var text = "Each cell is one shape, in the colour of the first setting that it fits in. "
      if let sentence = drawn.sentence { text += "Drawn: \(sentence). " }
      if let rounding = map.rounding { text += "\(rounding). " }
      text += map.marks.map { "\($0.label): \(map.describe($0, drawn: drawn.panels)). " }.joined()
      if let changes = map.comparison { text += "Changes: \(changes). " }
      return text + "Shapes: \(map.summary). Source: \(map.provenance)."
        + (map.compiled.count > 0
          ? " \(map.compiled.title); each has a ring, and the compiler's colour where it settles the verdict." : "")
    }
  }
}
