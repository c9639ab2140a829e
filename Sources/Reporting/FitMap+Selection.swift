import VisionTransformer

extension FitMap {
  /// Which panels to draw: of axes that the user asked for, as many as can be viewed; of all others, a selection.
  public struct PanelSelection: Sendable, Hashable {
    /// The axes that the user asked for, whose values have priority.
    public var asked: Set<PanelAxis>
    /// Limit on panels; nil if not given.
    public var most: Int?

    /// A selection.
    public init(asked: Set<PanelAxis> = [], most: Int? = nil) {
      self.asked = asked
      self.most = most.map { max($0, 1) }
    }

    /// Every panel.
    public static let all = PanelSelection(most: .max)
  }

  /// The panels that are drawn, and what they were selected from.
  public struct DrawnPanels: Sendable, Hashable {
    /// The drawn panels, in order.
    public var panels: [Panel]
    /// Number of panels there are.
    public var count: Int
    /// For each axis that is not drawn in full, the number of drawn values and of all values.
    public var leftOut: [PanelAxis: (drawn: Int, of: Int)] { choices.mapValues { ($0.drawn, $0.of) } }

    fileprivate struct Choice: Sendable, Hashable {
      var drawn: Int
      var of: Int
    }
    fileprivate var choices: [PanelAxis: Choice] = [:]

    /// The panels in lines of at most `most`: as few lines as possible, each about equally full, so that six panels
    /// become three and three rather than five and one. If each combination of batch, image size and patch has several
    /// panels, it starts a line.
    func lines(most: Int) -> [[Panel]] {
      var groups: [[Panel]] = []
      for panel in panels {
        if let last = groups.last?.last,
          (last.batch, last.imageSize, last.patch) == (panel.batch, panel.imageSize, panel.patch)
        {
          groups[groups.count - 1].append(panel)
        } else {
          groups.append([panel])
        }
      }
      if groups.contains(where: { $0.count == 1 }) { groups = [panels] }
      return groups.flatMap { group in
        let lines = max(1, (group.count + max(most, 1) - 1) / max(most, 1)), length = (group.count + lines - 1) / lines
        return stride(from: 0, to: group.count, by: max(length, 1)).map {
          Array(group[$0..<min($0 + length, group.count)])
        }
      }
    }
  }

  /// The panels of a selection.
  ///
  /// - Parameters:
  ///   - usual: Default limit on panels.
  ///   - mostAsked: Limit on panels of axes that the user asked for, unless given.
  public func panels(_ selection: PanelSelection, usual: Int, mostAsked: Int) -> DrawnPanels {
    let all = panels
    func values(_ axis: PanelAxis, _ panels: [Panel]) -> [Grid.Axis.Rule] { Set(panels.map { $0[axis] }).sorted() }
    // Axes with few values first, so that none is cut in favour of another that would be cut anyway.
    let asked = PanelAxis.allCases.filter { selection.asked.contains($0) }
      .map { (axis: $0, count: values($0, all).count) }.sorted { $0.count < $1.count }.map(\.axis)
    var drawn = DrawnPanels(panels: all, count: all.count)
    var taken = 1
    for axis in asked + PanelAxis.allCases.filter({ !selection.asked.contains($0) }) {
      // A single number of heads, in which maps differ least, unless the user asks for more.
      let most = selection.most ?? (selection.asked.contains(axis) ? mostAsked : axis == .heads ? 1 : usual)
      let room = max(1, most / taken)
      let own = values(axis, drawn.panels)
      let chosen = Self.representative(own, room, including: marked(axis, own))
      taken = min(taken, 1 << 30) * max(chosen.count, 1)
      drawn.panels.removeAll { !chosen.contains($0[axis]) }
    }
    for axis in PanelAxis.allCases {
      let own = values(axis, all).count, left = values(axis, drawn.panels).count
      if left < own { drawn.choices[axis] = .init(drawn: left, of: own) }
    }
    return drawn
  }

  /// The values of marked shapes.
  private func marked(_ axis: PanelAxis, _ values: [Grid.Axis.Rule]) -> Set<Grid.Axis.Rule> {
    Set(
      values.filter { rule in
        marks.contains { mark in
          switch axis {
          case .mlpWidth: rule.value(width: mark.shape.width) == mark.shape.mlpWidth
          case .heads: rule.value(width: mark.shape.width) == mark.shape.heads
          case .patch: rule == .value(mark.shape.patch)
          case .batch, .imageSize: false
          }
        }
      })
  }

  /// At most `count` of the sorted `values`: first the wanted ones, then whichever is farthest from all chosen ones.
  static func representative<Value: Hashable>(_ values: [Value], _ count: Int, including wanted: Set<Value>) -> Set<
    Value
  > {
    guard values.count > count else { return Set(values) }
    var chosen = Set(values.indices.filter { wanted.contains(values[$0]) }.prefix(max(count, 0)))
    if chosen.isEmpty, count == 1 { chosen = [values.count / 2] }
    while chosen.count < count {
      let next = values.indices.filter { !chosen.contains($0) }.max { a, b in
        distance(a, chosen, values.count) < distance(b, chosen, values.count)
      }
      guard let next else { break }
      chosen.insert(next)
    }
    return Set(chosen.map { values[$0] })
  }

  private static func distance(_ index: Int, _ chosen: Set<Int>, _ count: Int) -> Int {
    // If nothing is chosen yet, the ends come first.
    chosen.map { abs($0 - index) }.min() ?? (index == 0 ? count : 0)
  }

  /// Every n-th of the sorted `values` (n a round number), so that at most `count` remain.
  ///
  /// If there are several possible starts, it takes the one that keeps most of the `wanted` values, then the one that
  /// keeps the last. Every value shown is an actual one; nothing is averaged.
  static func sampled(_ values: [Int], atMost count: Int, keeping wanted: [Int]) -> [Int] {
    let count = max(count, 1)
    guard values.count > count else { return values }
    let least = (values.count + count - 1) / count
    let step = [1, 2, 4, 5, 8, 10, 16, 20, 25, 40, 50, 100].first { $0 >= least } ?? least
    let starts = (0..<step).map { start in
      stride(from: values.count - 1 - start, through: 0, by: -step).map { values[$0] }.reversed() as [Int]
    }
    func kept(_ sample: [Int]) -> Int { wanted.filter { sample.contains($0) }.count }
    let most = starts.map(kept).max() ?? 0
    return starts.first { kept($0) == most } ?? values
  }
}
