import Foundation
import VisionTransformer

/// A plot of a setting's Pareto front: images a second on the horizontal axis, parameters on the vertical one, both
/// logarithmic.
public struct FrontDrawing: Sendable {
  /// A shape in the plot.
  struct Point: Sendable, Hashable {
    /// Images a second on one device.
    var speed: Double
    /// Parameters.
    var size: Double
    /// The rank by the rule; nil for a shape that was not selected.
    var rank: Int?
    /// The shape's name or numbers.
    var title: String
  }

  let title: String
  let caption: String
  let speedUnit: String
  let points: [Point]
  /// Number of shapes on the front that are too small for the plot.
  let leftOut: Int
  let across: LogAxis
  let upward: LogAxis

  /// A plot of a setting's front and its selected shapes.
  ///
  /// - Parameter setting: The setting.
  public init(_ setting: SelectionReport.Setting) {
    title = "\(setting.title) on \(setting.device.place)"
    caption = setting.device.speaksFor.map { "; \($0)" } ?? ""
    speedUnit = setting.device.speedUnit
    let selected = setting.choices.compactMap(Self.point)
    let others = setting.front.compactMap(Self.point).filter { point in
      !selected.contains { $0.speed == point.speed && $0.size == point.size }
    }
    // The whole front spans two powers of ten; the plot shows the part around the selected shapes.
    let least = (selected.map(\.size).min() ?? 0) * 0.4
    let shown = others.filter { $0.size >= least }
    leftOut = others.count - shown.count
    points = shown + selected.reversed()
    across = LogAxis(points.map(\.speed))
    upward = LogAxis(points.map(\.size))
  }

  private static func point(_ choice: SelectionReport.Choice) -> Point? {
    choice.result.imagesPerSecond.map {
      Point(
        speed: $0, size: Double(choice.result.parameterCount), rank: choice.rank,
        title: choice.title)
    }
  }

  // MARK: - Text

  /// The plot as lines no wider than the terminal: a dot for each shape of the front, a number for each selected shape.
  public func text(terminal: Terminal) -> [String] {
    let labels = 9, width = max(20, min(72, terminal.columns) - labels - 2), height = 12
    var cells = Array(repeating: Array(repeating: Character(" "), count: width), count: height)
    for point in points {
      let x = min(width - 1, max(0, Int(across.place(point.speed) * Double(width))))
      let y = min(height - 1, max(0, height - 1 - Int(upward.place(point.size) * Double(height))))
      let mark = point.rank.map { $0 < 10 ? Character("\($0)") : "+" } ?? "·"
      if point.rank != nil || cells[y][x] == " " { cells[y][x] = mark }
    }
    let rows = ticksByCell(upward.ticks, height, upward).reduce(into: [Int: Double]()) {
      $0[height - 1 - $1.cell] = $1.value
    }
    var lines = cells.enumerated().map { row, line -> String in
      let label = rows[row].map { ParameterCount.text($0) } ?? ""
      return String(repeating: " ", count: max(0, labels - label.count)) + label + " |" + String(line).trimmed
    }
    lines.append(String(repeating: " ", count: labels) + " +" + String(repeating: "-", count: width))
    var axis = Array(repeating: Character(" "), count: width + labels + 2)
    for tick in ticksByCell(across.ticks, width, across) {
      let text = Self.number(tick.value), start = labels + 2 + tick.cell
      guard start + text.count <= axis.count, axis[max(0, start - 1)...start].allSatisfy({ $0 == " " }) else {
        continue
      }
      axis.replaceSubrange(start..<start + text.count, with: text)
    }
    lines.append(String(axis).trimmed)
    let smaller = leftOut == 0 ? "" : "; \(counted(leftOut, "smaller shape")) of the front left out"
    lines.append(String(repeating: " ", count: labels + 2) + speedUnit + smaller)
    return lines
  }

  private func ticksByCell(_ ticks: [Double], _ cells: Int, _ axis: LogAxis) -> [(cell: Int, value: Double)] {
    ticks.map { (min(cells - 1, max(0, Int(axis.place($0) * Double(cells)))), $0) }
  }

  static func number(_ value: Double) -> String {
    value >= 1 || value == 0 ? (value == value.rounded() ? grouped(Int(value)) : fixed(value, digits: 1)) : "\(value)"
  }
}

extension String {
  /// The text without trailing spaces.
  fileprivate var trimmed: String { String(reversed().drop { $0 == " " }.reversed()) }
}
