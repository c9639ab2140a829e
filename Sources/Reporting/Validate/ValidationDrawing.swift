import Estimation
import Foundation
import VisionTransformer

/// Estimated against seen: for each quantity a plot of both, logarithmic on both axes, and under it the errors on the same
/// horizontal axis, with bands of 1 % and 5 %.
public struct ValidationDrawing: Sendable {
  /// One row in a plot.
  struct Point: Sendable {
    var seen: Double
    var estimated: Double
    var group: EvidenceGroup
    var title: String

    var error: Double { estimated / seen - 1 }
  }

  /// The plots of one quantity.
  struct Panel: Sendable {
    var quantity: EvidenceQuantity
    var points: [Point]
    var axis: LogAxis
  }

  private static let quantities: [EvidenceQuantity] = [.livePeak, .total, .cycles, .stepTime]
  private static let bands = [0.05, 0.01]
  /// The largest error of the lower plots; larger ones are drawn at the edge.
  private static let largestError = 0.2

  let title: String
  let panels: [Panel]
  let groups: [EvidenceGroup]

  /// A drawing of the quantities that the rows have.
  public init(_ report: ValidationReport) {
    let rows = report.validation.rows
    title = "Estimated against what was seen: \(report.origin)"
    groups = report.validation.groups
    panels = Self.quantities.compactMap { quantity in
      let points = rows.compactMap { row in
        row.comparison[quantity].map {
          Point(
            seen: $0.observed, estimated: $0.estimated, group: row.group,
            title: row.place)
        }
      }
      guard !points.isEmpty else { return nil }
      return Panel(
        quantity: quantity, points: points, axis: LogAxis(points.flatMap { [$0.seen, $0.estimated] }))
    }
  }

  /// The drawing as SVG; the same rows give the same bytes.
  public func svg() -> String {
    let size = 300, errorHeight = 130, left = 74, gap = 92, top = 62
    let width = left + panels.count * (size + gap) - gap + 24, errorTop = top + size + 26
    var svg = SVG(width: max(width, 760), height: errorTop + errorHeight + 64, title: title)
    svg.text(title, x: left, y: 24, size: 14, isBold: true)
    for (index, panel) in panels.enumerated() {
      let x = left + index * (size + gap)
      svg.text(panel.quantity.rawValue, x: x, y: top - 10, isBold: true)
      draw(panel, in: &svg, x: x, top: top, size: size)
      drawErrors(panel, in: &svg, x: x, top: errorTop, width: size, height: errorHeight)
    }
    var x = left
    let y = errorTop + errorHeight + 50
    for group in groups {
      mark(group, in: &svg, x: x + 5, y: y - 4, title: nil)
      svg.text(group.rawValue, x: x + 14, y: y)
      x += 24 + SVG.width(group.rawValue, size: 11)
    }
    svg.text("Bands: 1 % and 5 %. Errors on a scale of square roots, beyond 20 % at the edge.", x: x + 8, y: y)
    return svg.document
  }

  private func draw(_ panel: Panel, in svg: inout SVG, x: Int, top: Int, size: Int) {
    let axis = panel.axis, bottom = top + size
    func across(_ value: Double) -> Int { x + Int((axis.place(value) * Double(size)).rounded()) }
    func upward(_ value: Double) -> Int { bottom - Int((axis.place(value) * Double(size)).rounded()) }
    frame(in: &svg, x: x, top: top, width: size, height: size)
    for tick in axis.ticks {
      svg.path("M\(across(tick)) \(top)V\(bottom)M\(x) \(upward(tick))h\(size)", attributes: Self.thin)
      svg.text(panel.quantity.tick(tick), x: x - 6, y: upward(tick) + 4, anchor: .end)
    }
    for band in Self.bands {
      let low = axis.least * (1 + band), high = axis.most / (1 + band)
      svg.path(
        "M\(x) \(upward(low))L\(across(high)) \(top)H\(x + size)V\(upward(high))L\(across(low)) \(bottom)H\(x)Z",
        attributes: Self.fill(band))
    }
    for point in panel.points {
      mark(point.group, in: &svg, x: across(point.seen), y: upward(point.estimated), title: point.title)
    }
    svg.text("estimated", x: x + 6, y: top + 14)
  }

  private func drawErrors(_ panel: Panel, in svg: inout SVG, x: Int, top: Int, width: Int, height: Int) {
    let axis = panel.axis, bottom = top + height, middle = top + height / 2
    func across(_ value: Double) -> Int { x + Int((axis.place(value) * Double(width)).rounded()) }
    // Half the height for the largest error, and small errors spread out: the square root keeps their sign.
    func upward(_ error: Double) -> Int {
      let share = (min(error.magnitude, Self.largestError) / Self.largestError).squareRoot()
      return middle - Int(((error < 0 ? -share : share) * Double(height / 2)).rounded())
    }
    for band in Self.bands {
      svg.rect(
        x: x, y: upward(band), width: width, height: upward(-band) - upward(band), attributes: Self.fill(band))
    }
    frame(in: &svg, x: x, top: top, width: width, height: height)
    for error in [-Self.largestError, -0.05, -0.01, 0, 0.01, 0.05, Self.largestError] {
      svg.text(
        (error > 0 ? "+" : "") + fixed(error * 100, digits: 0) + " %", x: x - 6, y: upward(error) + 4, anchor: .end)
    }
    svg.path("M\(x) \(middle)h\(width)", attributes: Self.thin)
    for tick in axis.ticks {
      svg.path("M\(across(tick)) \(top)V\(bottom)", attributes: Self.thin)
      svg.text(panel.quantity.tick(tick), x: across(tick), y: bottom + 16, anchor: .middle)
    }
    for point in panel.points {
      mark(point.group, in: &svg, x: across(point.seen), y: upward(point.error), title: point.title)
    }
    svg.text("error", x: x + 6, y: top + 14)
    svg.text(panel.quantity.seenBy, x: x + width, y: bottom + 30, anchor: .end)
  }

  private static let thin = "fill=\"none\" stroke=\"#ddd\" stroke-width=\"1\""

  private static func fill(_ band: Double) -> String {
    "fill=\"#2b6cb0\" fill-opacity=\"\(band > 0.02 ? "0.10" : "0.16")\""
  }

  private func frame(in svg: inout SVG, x: Int, top: Int, width: Int, height: Int) {
    svg.rect(x: x, y: top, width: width, height: height, attributes: "fill=\"none\" stroke=\"#444\" stroke-width=\"1\"")
  }

  /// Groups differ in form and in colour.
  private func mark(_ group: EvidenceGroup, in svg: inout SVG, x: Int, y: Int, title: String?) {
    let (color, form): (String, String) =
      switch group {
      case .tuned: ("#718096", "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"1.6\"")
      case .shared: ("#2b6cb0", "<rect x=\"\(x - 2)\" y=\"\(y - 2)\" width=\"5\" height=\"5\"")
      case .heldOut: ("#c05621", "<path d=\"M\(x) \(y - 4)l4 4l-4 4l-4 -4Z\"")
      case .compiled: ("#2f855a", "<path d=\"M\(x) \(y - 4)l4 7h-8Z\"")
      case .measured: ("#6b46c1", "<path d=\"M\(x) \(y + 4)l4 -7h-8Z\"")
      }
    let style = " fill=\"\(color)\" fill-opacity=\"0.75\""
    svg.add(form + style + (title.map { "><title>\(SVG.escaped($0))</title>" + Self.end(form) } ?? "/>"))
  }

  private static func end(_ form: String) -> String { "</" + form.dropFirst().prefix { $0 != " " } + ">" }
}

extension EvidenceQuantity {
  /// A round value on an axis.
  fileprivate func tick(_ value: Double) -> String {
    switch self {
    case .cycles, .rematerializedCycles: compact(value / 1e6) + " M"
    case .stepTime: "\(Seconds(value))"
    default: value >= 1e9 ? compact(value / 1e9) + " GB" : compact(value / 1e6) + " MB"
    }
  }

  private func compact(_ value: Double) -> String {
    value >= 10 || value == value.rounded() ? fixed(value, digits: 0) : "\(value)"
  }

  /// What the horizontal axis shows.
  fileprivate var seenBy: String {
    self == .stepTime ? "measured" : self == .total ? "compiled or measured" : "compiled"
  }
}
