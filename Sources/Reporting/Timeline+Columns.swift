extension Timeline {
  /// Neighbouring events drawn as one column, which shows the largest of them so that no peak is lost.
  struct Column: Sendable, Hashable {
    var range: Range<Int>
    /// Before automatic rematerialization.
    var bytes: Int
    /// After automatic rematerialization.
    var live: Int
    var phase: Phase
  }

  static func columns(_ events: [Event], atMost count: Int) -> [Column] {
    let count = min(max(count, 1), events.count)
    return (0..<count).compactMap { index in
      let range = (index * events.count / count)..<((index + 1) * events.count / count)
      guard let largest = events[range].max(by: { $0.bytes < $1.bytes }),
        let live = events[range].max(by: { $0.live < $1.live })
      else { return nil }
      return Column(range: range, bytes: largest.bytes.count, live: live.live.count, phase: largest.phase)
    }
  }

  /// The position of a phase's name.
  struct PhaseLabel: Sendable, Hashable {
    var phase: Phase
    /// Where its text starts.
    var start: Int
  }

  /// One name for each phase, under its longest stretch, without overlaps. Gradients that are applied as they come make
  /// many stretches of a column or two, which are too narrow for a name.
  ///
  /// - Parameters:
  ///   - columns: in the order of the step.
  ///   - room: the distance from the start of the first column to the end of the last.
  ///   - gap: the distance between two names.
  ///   - width: the width of a name, in the same unit.
  static func phaseLabels(_ columns: [Column], room: Int, gap: Int, width: (String) -> Int) -> [PhaseLabel] {
    var longest: [Phase: Range<Int>] = [:]
    var start = 0
    while start < columns.count {
      let phase = columns[start].phase
      let end = columns[start...].firstIndex { $0.phase != phase } ?? columns.count
      if end - start > longest[phase]?.count ?? 0 { longest[phase] = start..<end }
      start = end
    }
    var labels = longest.sorted { $0.value.lowerBound < $1.value.lowerBound }.map { phase, range in
      let middle = (range.lowerBound + range.upperBound) * room / (2 * columns.count)
      return PhaseLabel(phase: phase, start: middle - width(phase.rawValue) / 2)
    }
    var left = 0
    for index in labels.indices {
      labels[index].start = max(labels[index].start, left)
      left = labels[index].start + width(labels[index].phase.rawValue) + gap
    }
    var right = room
    for index in labels.indices.reversed() {
      labels[index].start = min(labels[index].start, right - width(labels[index].phase.rawValue))
      right = labels[index].start - gap
    }
    // If there is not enough space for all, names that would start before the chart are left out.
    return labels.filter { $0.start >= 0 }
  }
}
