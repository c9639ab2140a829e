import VisionTransformer

/// One entry of the SVG legend.
struct LegendItem {
  let text: String
  let fills: [String]
  /// A pattern drawn over the fills; nil for none.
  var pattern: String?

  var width: Int { fills.count * 8 + 8 + SVG.width(text, size: 11) + 22 }

  func draw(x: Int, y: Int, _ svg: inout SVG) {
    for (index, fill) in fills.enumerated() {
      svg.rect(
        x: x + 8 * index, y: y, width: 8, height: 12, attributes: "fill=\"\(fill)\" shape-rendering=\"crispEdges\"")
    }
    guard !fills.isEmpty else { return svg.text(text, x: x, y: y + 10) }
    svg.rect(
      x: x, y: y, width: 8 * fills.count, height: 12,
      attributes: "fill=\"\(pattern.map { "url(#\($0))" } ?? "none")\" stroke=\"#444\" stroke-width=\"0.5\"")
    svg.text(text, x: x + 8 * fills.count + 7, y: y + 10)
  }

  /// The entries in lines of at most `width` pixels, followed by how to read brightness.
  static func lines(_ map: FitMap, _ scales: [SpeedScale], _ shades: ShadeScale, width: Int) -> [[LegendItem]] {
    var items = map.settings.enumerated().map { index, name in
      let range = FitLegend.range(scales[index])
      return LegendItem(
        text: name + (range.isEmpty ? "" : ": \(range) \(map.speedUnit)"),
        fills: (1...SpeedScale.levels).map { FitPalette.hue(index).shade($0).hex })
    }
    let blank = ["#ffffff", "#ffffff", "#ffffff"]
    items.append(LegendItem(text: "uncertain", fills: blank, pattern: "uncertain"))
    if map.hasDisturbed {
      let fills = Array(repeating: FitPalette.hue(0).shade(SpeedScale.middle).hex, count: blank.count)
      items.append(
        LegendItem(text: "fits; speed measured beside something else", fills: fills, pattern: "disturbed"))
    }
    items.append(LegendItem(text: "fits in none of them", fills: blank))
    var lines: [[LegendItem]] = [[]]
    for item in items {
      let used = lines[lines.count - 1].reduce(0) { $0 + $1.width }
      if used > 0, used + item.width > width { lines.append([]) }
      lines[lines.count - 1].append(item)
    }
    let reading = "brighter is faster; " + FitLegend.scale(shades)
    return lines
      + wrap(reading, width: SVG.columns(width, size: 11)).map { [LegendItem(text: $0, fills: [])] }
  }
}
