import VisionTransformer

extension Timeline {
  /// The chart as SVG: the same timeline gives the same bytes.
  public func svg() -> String {
    let drawing = SVGDrawing(self)
    return drawing.document()
  }

  /// Positions and sizes of an SVG chart, in pixels.
  private struct SVGDrawing {
    let timeline: Timeline
    let columns: [Column]
    let scale: Int
    let legend: [[LegendItem]]
    let caption: [String]
    let height: Int

    private let width = 760
    private let plot: (x: Int, y: Int, width: Int, height: Int)
    private let headline: [String]
    /// Space above the highest bytes.
    private let head = 18
    /// A text's height.
    private static let line = 14
    private var bottom: Int { plot.y + plot.height }

    init(_ timeline: Timeline) {
      self.timeline = timeline
      let room = SVG.columns(660, size: 11)
      headline = timeline.headline.map { wrap($0, width: room) } ?? []
      plot = (x: 70, y: 44 + headline.count * 15, width: 660, height: 260)
      columns = Timeline.columns(timeline.events, atMost: plot.width)
      scale = timeline.scale
      let sentences = [timeline.summary, timeline.reservation, timeline.provenance].compactMap(\.self)
      caption = wrap(
        sentences.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." }.joined(separator: " "), width: room)
      legend = Self.legend(timeline)
      height = plot.y + plot.height + 58 + legend.count * 20 + caption.count * 15
    }

    func document() -> String {
      var svg = SVG(width: width, height: height, title: timeline.title)
      svg.text(timeline.title, x: plot.x, y: 22, size: 14, isBold: true)
      for (index, line) in headline.enumerated() { svg.text(line, x: plot.x, y: 39 + 15 * index) }
      if timeline.rematerializedPeak != nil {
        drawAreas(&svg, \.bytes, attributes: "fill-opacity=\"0.3\"")
        svg.path(edge(\.bytes), attributes: "fill=\"none\" stroke=\"#555\" stroke-width=\"0.8\"")
      }
      drawAreas(&svg, \.live, attributes: "")
      if let arguments = timeline.arguments {
        svg.rect(
          x: plot.x, y: y(arguments.count), width: plot.width, height: bottom - y(arguments.count),
          attributes: "fill=\"#fff\" fill-opacity=\"0.45\"")
      }
      drawAxes(&svg)
      if timeline.showsLimit {
        svg.path(
          "M\(plot.x) \(y(timeline.limit.count))h\(plot.width)",
          attributes: "fill=\"none\" stroke=\"#a00\" stroke-width=\"1.2\" stroke-dasharray=\"5 3\"")
      }
      drawPhases(&svg)
      // The labels of the peaks choose their places first.
      var labels = SVGLabels(x: plot.x...plot.x + plot.width, y: plot.y - 12...bottom)
      drawPeaks(&svg, &labels)
      drawLimit(&svg, &labels)
      drawArguments(&svg, &labels)
      var y = bottom + 38
      for line in legend {
        var x = plot.x
        for item in line {
          item.draw(x: x, y: y, &svg)
          x += item.width
        }
        y += 20
      }
      for (index, line) in caption.enumerated() { svg.text(line, x: plot.x, y: y + 12 + index * 15) }
      return svg.document
    }

    private func y(_ bytes: Int) -> Int {
      bottom - Int((Double(bytes) / Double(scale) * Double(plot.height - head)).rounded())
    }
    private func x(_ column: Int) -> Int { plot.x + column * plot.width / max(columns.count, 1) }

    /// The upper edge of a curve.
    private func edge(_ bytes: KeyPath<Column, Int>) -> String {
      guard let first = columns.first else { return "" }
      return columns.indices.reduce("M\(x(0)) \(y(first[keyPath: bytes]))") { path, index in
        path + "V\(y(columns[index][keyPath: bytes]))H\(x(index + 1))"
      }
    }

    /// Draws one path for each phase, however many stretches it has.
    private func drawAreas(_ svg: inout SVG, _ bytes: KeyPath<Column, Int>, attributes: String) {
      for phase in Phase.allCases {
        var data = ""
        var start = 0
        while start < columns.count {
          let end = columns[start...].firstIndex { $0.phase != columns[start].phase } ?? columns.count
          if columns[start].phase == phase {
            data += "M\(x(start)) \(bottom)"
            for index in start..<end { data += "V\(y(columns[index][keyPath: bytes]))H\(x(index + 1))" }
            data += "V\(bottom)z"
          }
          start = end
        }
        svg.path(
          data,
          attributes: "fill=\"\(phase.color.hex)\" shape-rendering=\"crispEdges\"" + (attributes.isEmpty ? "" : " ")
            + attributes)
      }
    }

    private static let argumentsLabel = "parameters, optimizer state"

    /// Possible places in the left, the middle and the right of the plot.
    private func across(_ text: String, y: Int) -> [SVGLabels.Place] {
      [
        .init(text: text, x: plot.x + 6, y: y, anchor: .start),
        .init(text: text, x: plot.x + plot.width - 4, y: y, anchor: .end),
        .init(text: text, x: plot.x + plot.width / 2, y: y, anchor: .middle),
      ]
    }

    private func drawArguments(_ svg: inout SVG, _ labels: inout SVGLabels) {
      // A band lower than a line of text is named only in the legend.
      guard let arguments = timeline.arguments, bottom - y(arguments.count) >= Self.line + 2,
        let place = labels.take(across(Self.argumentsLabel, y: bottom - 5))
      else { return }
      svg.text(place.text, x: place.x, y: place.y, anchor: place.anchor)
    }

    private func drawAxes(_ svg: inout SVG) {
      let unit = scale >= 4 << 30 ? 1 << 30 : scale >= 4 << 20 ? 1 << 20 : scale >= 4 << 10 ? 1 << 10 : 1
      for tick in AxisLabels.ticks(upTo: scale / unit, about: 6) {
        svg.path("M\(plot.x) \(y(tick * unit))h-4", attributes: "fill=\"none\" stroke=\"#444\" stroke-width=\"1\"")
        let name = [1 << 30: "GiB", 1 << 20: "MiB", 1 << 10: "KiB"][unit] ?? "B"
        svg.text(tick == 0 ? "0" : "\(tick) \(name)", x: plot.x - 7, y: y(tick * unit) + 4, anchor: .end)
      }
      svg.path(
        "M\(plot.x) \(plot.y)V\(bottom)h\(plot.width)",
        attributes: "fill=\"none\" stroke=\"#444\" stroke-width=\"1\"")
    }

    private func drawLimit(_ svg: inout SVG, _ labels: inout SVGLabels) {
      let limit = timeline.limit, line = timeline.showsLimit ? y(limit.count) : plot.y + 5
      let text = "limit \(limit)" + (timeline.showsLimit ? "" : ", above the chart")
      guard let place = labels.take(across(text, y: line - 5) + across(text, y: line + 13)) else { return }
      svg.text(place.text, x: place.x, y: place.y, anchor: place.anchor, color: "#a00", halo: true)
    }

    private func drawPhases(_ svg: inout SVG) {
      func width(_ name: String) -> Int { SVG.width(name, size: 12, isBold: true) }
      for label in Timeline.phaseLabels(columns, room: plot.width, gap: 8, width: width) {
        svg.text(
          label.phase.rawValue, x: plot.x + label.start, y: bottom + 18, isBold: true, color: label.phase.color.hex)
      }
    }

    /// Labels the peak before rematerialization above its point, and the one after it below.
    private func drawPeaks(_ svg: inout SVG, _ labels: inout SVGLabels) {
      let events = timeline.events
      guard events.indices.contains(timeline.peak) else { return }
      let bytes = events[timeline.peak].bytes
      let name = timeline.rematerializedPeak == nil ? "peak" : "before rematerialization"
      drawPeak(
        &svg, &labels, timeline.peak, \.bytes,
        ["\(name): \(bytes), \(timeline.peakName)", "\(name): \(bytes)", "\(bytes)"], isAbove: true)
      if let after = timeline.rematerializedPeak {
        let bytes = events[after].live
        drawPeak(&svg, &labels, after, \.live, ["after it: \(bytes)", "\(bytes)"], isAbove: false)
      }
    }

    private func drawPeak(
      _ svg: inout SVG, _ labels: inout SVGLabels, _ event: Int, _ bytes: KeyPath<Column, Int>, _ names: [String],
      isAbove: Bool
    ) {
      guard let column = columns.firstIndex(where: { $0.range.contains(event) }) else { return }
      let point = (x: (x(column) + x(column + 1)) / 2, y: y(columns[column][keyPath: bytes]))
      svg.add(
        "<circle cx=\"\(point.x)\" cy=\"\(point.y)\" r=\"3\" fill=\"#fff\" stroke=\"#000\" stroke-width=\"1.5\"/>")
      var heights = isAbove ? [point.y - 6, point.y + 16] : [point.y + 16, point.y + 32]
      // Moved above the limit's line if that would run through the words.
      if isAbove, timeline.showsLimit, (point.y - 6 - Self.line...point.y - 3).contains(y(timeline.limit.count)) {
        heights.insert(y(timeline.limit.count) - 5, at: 0)
      }
      let places = heights.flatMap { y in
        names.flatMap { name in
          [
            SVGLabels.Place(text: name, x: point.x + 8, y: y, anchor: .start),
            SVGLabels.Place(text: name, x: point.x - 8, y: y, anchor: .end),
          ]
        }
      }
      guard let place = labels.take(places, isBold: true) else { return }
      svg.text(
        place.text, x: place.x, y: place.y, anchor: place.anchor, isBold: true, color: "#000", halo: true)
    }

    private static func legend(_ timeline: Timeline) -> [[LegendItem]] {
      var items: [LegendItem] = []
      func colors(_ part: Int) -> [String] {
        Phase.allCases.map { RGB(0xFFFFFF).mixed(with: $0.color, part: part, of: 100).hex }
      }
      if timeline.rematerializedPeak != nil {
        items.append(LegendItem(text: "live", fills: colors(100)))
        items.append(
          LegendItem(
            text: "before automatic rematerialization, which computes this again instead of keeping it",
            fills: colors(30)))
      }
      guard let arguments = timeline.arguments else { return items.isEmpty ? [] : [items] }
      let ground = LegendItem(
        text: "\(argumentsLabel): \(arguments), all the time", fills: colors(55))
      return (items.isEmpty ? [] : [items]) + [[ground]]
    }
  }
}
