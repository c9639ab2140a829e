import VisionTransformer

extension FrontDrawing {
  /// The plot as SVG; the same front gives the same bytes.
  public func svg() -> String {
    let selected = points.filter { $0.rank != nil }.sorted { ($0.rank ?? 0) < ($1.rank ?? 0) }
    let plot = (x: 84, y: 44, width: 640, height: 360), bottom = plot.y + plot.height
    var svg = SVG(width: 760, height: bottom + 64 + selected.count * 16, title: title)
    svg.text(title, x: plot.x, y: 24, size: 14, isBold: true)
    func x(_ value: Double) -> Int { plot.x + Int((across.place(value) * Double(plot.width)).rounded()) }
    func y(_ value: Double) -> Int { bottom - Int((upward.place(value) * Double(plot.height)).rounded()) }
    let thin = "fill=\"none\" stroke=\"#ddd\" stroke-width=\"1\""
    for tick in across.ticks {
      svg.path("M\(x(tick)) \(plot.y)V\(bottom)", attributes: thin)
      svg.text(Self.number(tick), x: x(tick), y: bottom + 16, anchor: .middle)
    }
    for tick in upward.ticks {
      svg.path("M\(plot.x) \(y(tick))h\(plot.width)", attributes: thin)
      svg.text(ParameterCount.text(tick), x: plot.x - 7, y: y(tick) + 4, anchor: .end)
    }
    svg.path(
      "M\(plot.x) \(plot.y)V\(bottom)h\(plot.width)", attributes: "fill=\"none\" stroke=\"#444\" stroke-width=\"1\"")
    svg.text(speedUnit, x: plot.x + plot.width, y: bottom + 32, anchor: .end)
    svg.text("parameters", x: plot.x - 7, y: plot.y - 8, anchor: .end)
    for point in points where point.rank == nil {
      svg.add(
        "<circle cx=\"\(x(point.speed))\" cy=\"\(y(point.size))\" r=\"2.5\" fill=\"#2b6cb0\"><title>"
          + SVG.escaped(point.title) + "</title></circle>")
    }
    for point in points {
      guard let rank = point.rank else { continue }
      svg.add(
        "<circle cx=\"\(x(point.speed))\" cy=\"\(y(point.size))\" r=\"8\" fill=\"#fff\" stroke=\"#c05621\" "
          + "stroke-width=\"2\"><title>\(SVG.escaped(point.title))</title></circle>")
      svg.text("\(rank)", x: x(point.speed), y: y(point.size) + 4, anchor: .middle, isBold: true)
    }
    var line = bottom + 32
    let smaller = leftOut == 0 ? "" : " \(counted(leftOut, "smaller shape")) of the front left out."
    svg.text("Dots: the Pareto front\(caption). Rings: selected.\(smaller)", x: plot.x, y: line)
    for point in selected {
      line += 16
      svg.text(
        "\(point.rank ?? 0)  \(point.title), \(ParameterCount.text(point.size)), "
          + "\(fixed(point.speed, digits: 1)) \(speedUnit)", x: plot.x, y: line)
    }
    return svg.document
  }
}
