import VisionTransformer

extension Timeline {
  /// The chart as SVG: the same timeline gives the same bytes.
  public func svg() -> String {
    let width = 760, plot = (x: 70, y: 44, width: 660, height: 260)
    let caption = wrap(summary + ". " + provenance + ".", width: SVG.columns(plot.width, size: 11))
    var svg = SVG(width: width, height: plot.y + plot.height + 58 + caption.count * 15, title: title)
    svg.text(title, x: plot.x, y: 22, size: 14, isBold: true)
    let scale = scale
    let bottom = plot.y + plot.height
    func height(_ bytes: Int) -> Int { Int((Double(bytes) / Double(scale) * Double(plot.height - 12)).rounded()) }
    let columns = Self.columns(events, atMost: plot.width)
    func x(_ index: Int) -> Int { plot.x + index * plot.width / max(columns.count, 1) }
    func phases(_ body: (Phase, Range<Int>) -> Void) {
      var start = 0
      while start < columns.count {
        let end = columns[start...].firstIndex { $0.phase != columns[start].phase } ?? columns.count
        body(columns[start].phase, start..<end)
        start = end
      }
    }
    phases { phase, range in
      var area = "M\(x(range.lowerBound)) \(bottom)"
      for index in range { area += "V\(bottom - height(columns[index].bytes))H\(x(index + 1))" }
      svg.path(area + "V\(bottom)z", attributes: "fill=\"\(phase.color.hex)\" shape-rendering=\"crispEdges\"")
      let middle = (x(range.lowerBound) + x(range.upperBound)) / 2
      if x(range.upperBound) - x(range.lowerBound) > 24 {
        svg.text(phase.rawValue, x: middle, y: bottom + 18, anchor: .middle, isBold: true, color: phase.color.hex)
      }
    }
    if let arguments {
      let y = bottom - height(arguments.count)
      svg.rect(
        x: plot.x, y: y, width: plot.width, height: bottom - y, attributes: "fill=\"#fff\" fill-opacity=\"0.45\"")
      svg.text("parameters, optimizer state, inputs", x: plot.x + 8, y: bottom - 8)
    }
    drawAxes(&svg, plot: plot, scale: scale, height: height)
    if events.indices.contains(peak), let column = columns.firstIndex(where: { $0.range.contains(peak) }) {
      let place = (x: (x(column) + x(column + 1)) / 2, y: bottom - height(columns[column].bytes))
      svg.add(
        "<circle cx=\"\(place.x)\" cy=\"\(place.y)\" r=\"3\" fill=\"#fff\" stroke=\"#000\" stroke-width=\"1.5\"/>")
      let isLeft = place.x > plot.x + plot.width / 2
      // Above the limit's line where it would run through the words.
      let line = showsLimit ? bottom - height(limit.count) : 0
      let y = (place.y - 20...place.y).contains(line) ? line - 5 : place.y - 6
      svg.text(
        "peak: \(peakName), \(events[peak].bytes)", x: place.x + (isLeft ? -8 : 8), y: y,
        anchor: isLeft ? .end : .start, isBold: true, color: "#000", halo: true)
    }
    for (index, line) in caption.enumerated() { svg.text(line, x: plot.x, y: bottom + 46 + index * 15) }
    return svg.document
  }

  private func drawAxes(
    _ svg: inout SVG, plot: (x: Int, y: Int, width: Int, height: Int), scale: Int, height: (Int) -> Int
  ) {
    let bottom = plot.y + plot.height
    let unit = scale >= 4 << 30 ? 1 << 30 : scale >= 4 << 20 ? 1 << 20 : scale >= 4 << 10 ? 1 << 10 : 1
    for tick in AxisLabels.ticks(upTo: scale / unit, about: 6) {
      let y = bottom - height(tick * unit)
      svg.path("M\(plot.x) \(y)h-4", attributes: "fill=\"none\" stroke=\"#444\" stroke-width=\"1\"")
      let name = [1 << 30: "GiB", 1 << 20: "MiB", 1 << 10: "KiB"][unit] ?? "B"
      svg.text(tick == 0 ? "0" : "\(tick) \(name)", x: plot.x - 7, y: y + 4, anchor: .end)
    }
    svg.path(
      "M\(plot.x) \(plot.y)V\(bottom)h\(plot.width)", attributes: "fill=\"none\" stroke=\"#444\" stroke-width=\"1\"")
    guard showsLimit else {
      svg.text("limit \(limit), above the chart", x: plot.x + plot.width, y: plot.y - 6, anchor: .end, color: "#a00")
      return
    }
    let y = bottom - height(limit.count)
    svg.path(
      "M\(plot.x) \(y)h\(plot.width)",
      attributes: "fill=\"none\" stroke=\"#a00\" stroke-width=\"1.2\" stroke-dasharray=\"5 3\"")
    svg.text("limit \(limit)", x: plot.x + plot.width, y: y - 5, anchor: .end, color: "#a00")
  }
}
