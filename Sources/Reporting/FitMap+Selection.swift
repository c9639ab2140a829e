import VisionTransformer

extension FitMap {
  /// Which panels are drawn.
  public struct PanelSelection: Sendable, Hashable {
    /// Which values of one panel axis are drawn.
    public enum Choice: Sendable, Hashable {
      /// At most this many, spread evenly, those of the marks among them.
      case representative(Int)
      /// All there are.
      case all
      /// These, as far as the map has them.
      case only([Int])
    }

    /// Head counts.
    public var heads: Choice
    /// MLP-widths.
    public var mlpWidths: Choice

    /// A selection; by default one head count and six MLP-widths.
    public init(heads: Choice = .representative(1), mlpWidths: Choice = .representative(6)) {
      self.heads = heads
      self.mlpWidths = mlpWidths
    }

    /// Every panel.
    public static let all = PanelSelection(heads: .all, mlpWidths: .all)
  }

  /// The panels of a selection, by heads and then by MLP-width.
  public func panels(_ selection: PanelSelection) -> [Panel] {
    let heads = choose(selection.heads, \.heads, marked: marks.map(\.shape.heads))
    let mlpWidths = choose(selection.mlpWidths, \.mlpWidth, marked: marks.map(\.shape.mlpWidth))
    return panels.keys.filter { heads.contains($0.heads) && mlpWidths.contains($0.mlpWidth) }.sorted()
  }

  private func choose(_ choice: PanelSelection.Choice, _ value: (Panel) -> Int, marked: [Int]) -> Set<Int> {
    let values = Set(panels.keys.map(value))
    switch choice {
    case .all: return values
    case .only(let wanted): return values.intersection(wanted)
    case .representative(let count):
      return Self.representative(values.sorted(), count, including: values.intersection(marked))
    }
  }

  /// At most `count` of the sorted `values`: the wanted ones first, then whichever stands farthest from all chosen.
  static func representative(_ values: [Int], _ count: Int, including wanted: Set<Int>) -> Set<Int> {
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
    // With nothing chosen the ends come first.
    chosen.map { abs($0 - index) }.min() ?? (index == 0 ? count : 0)
  }

  /// Every n-th of the sorted `values` (n a round number) so that at most `count` remain.
  ///
  /// Where several starts are possible the one that keeps most of the `wanted` values is taken, then the one that keeps the
  /// last. Each value shown is a real one: nothing is blended.
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
