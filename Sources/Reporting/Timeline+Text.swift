import VisionTransformer

extension Timeline {
  /// The area chart for `terminal`: time across, bytes upward, the limit as a line where it is near, the peak marked.
  ///
  /// A column stands for several events and shows the largest of them, so that no peak is lost.
  public func text(rows: Int = 16, terminal: Terminal = .plain) -> String {
    guard !events.isEmpty else { return [Styled(title, .bold), "no events"].rendered(for: terminal) }
    let scale = scale
    let limitLabel = " limit"
    let labels = (0...4).map { Bytes(scale / 4 * $0).description }
    let lead = (labels.map(\.count).max() ?? 0) + 1
    let columns = Self.columns(events, atMost: max(10, min(terminal.columns - lead - limitLabel.count, 120)))
    let rows = max(rows, 4)
    var lines = [Styled(title, .bold), ""]
    let limitRow = showsLimit ? Self.row(of: limit.count, scale: scale, rows: rows) : nil
    for row in (0..<rows).reversed() {
      // The label of each quarter stands on the line whose upper edge it is.
      let label = (1...4).first { $0 * rows / 4 - 1 == row }.map { labels[$0] } ?? ""
      var line = Styled(label, .dim).padded(to: lead - 1, .right) + Styled(label.isEmpty ? "│" : "┤", .dim)
      for column in columns {
        line += cell(column, row: row, rows: rows, scale: scale, isLimit: row == limitRow, terminal)
      }
      if row == limitRow { line += Styled(limitLabel, .dim) }
      lines.append(line.truncated(to: terminal.columns))
    }
    let blank = Styled(String(repeating: " ", count: lead - 1))
    lines.append(blank + Styled("└" + String(repeating: "─", count: columns.count), .dim))
    lines.append(blank + " " + marker(columns))
    lines.append(blank + " " + phases(columns))
    lines += [""] + wrap(summary, width: terminal.columns - 2).map { Styled("  " + $0) }
    lines += wrap(provenance, width: terminal.columns - 2).map { Styled("  " + $0, .dim) }
    return lines.rendered(for: terminal)
  }

  /// Some neighbouring events drawn as one column.
  struct Column: Sendable, Hashable {
    var range: Range<Int>
    var bytes: Int
    var phase: Phase
  }

  static func columns(_ events: [Event], atMost count: Int) -> [Column] {
    let count = min(max(count, 1), events.count)
    return (0..<count).compactMap { index in
      let range = (index * events.count / count)..<((index + 1) * events.count / count)
      guard let largest = events[range].max(by: { $0.bytes < $1.bytes }) else { return nil }
      return Column(range: range, bytes: largest.bytes.count, phase: largest.phase)
    }
  }

  private static func row(of bytes: Int, scale: Int, rows: Int) -> Int {
    min(rows - 1, Int(Double(bytes) / Double(scale) * Double(rows)))
  }

  private func cell(
    _ column: Column, row: Int, rows: Int, scale: Int, isLimit: Bool, _ terminal: Terminal
  ) -> Styled {
    let eighths = Int((Double(column.bytes) / Double(scale) * Double(rows) * 8).rounded()) - row * 8
    let color = Color.exact(column.phase.color)
    if eighths <= 0 { return isLimit ? Styled("╌", .dim) : " " }
    if isLimit, eighths >= 8 {
      return Styled("╌", Style(color: .exact(RGB(0xFFFFFF)), background: terminal.colorDepth == .none ? nil : color))
    }
    if !terminal.isUnicode { return eighths >= 4 ? Styled("#", Style(color: color)) : " " }
    let glyph = eighths >= 8 ? "█" : String(["▁", "▂", "▃", "▄", "▅", "▆", "▇"][eighths - 1])
    let ground = row * 8 < argumentEighths(rows: rows, scale: scale)
    return Styled(glyph, Style(color: color, isDim: ground))
  }

  private func argumentEighths(rows: Int, scale: Int) -> Int {
    arguments.map { Int(Double($0.count) / Double(scale) * Double(rows) * 8) } ?? 0
  }

  private func marker(_ columns: [Column]) -> Styled {
    let place = columns.firstIndex { $0.range.contains(peak) } ?? 0
    let label = "peak"
    // The word stands on the side where there is room.
    if place + 2 + label.count <= columns.count {
      return Styled(String(repeating: " ", count: place)) + Styled("▲ " + label, .bold)
    }
    return Styled(String(repeating: " ", count: max(0, place - label.count - 1))) + Styled(label + " ▲", .bold)
  }

  private func phases(_ columns: [Column]) -> Styled {
    var line = Styled("")
    var start = 0
    while start < columns.count {
      let phase = columns[start].phase
      let end = columns[start...].firstIndex { $0.phase != phase } ?? columns.count
      let style = Style(color: .exact(phase.color))
      let room = end - start
      // A gradient that is applied at once makes phases of a column or two: no room for a name that could be read.
      let isWhole = room > phase.rawValue.count || room == phase.rawValue.count && end == columns.count
      let name = isWhole ? phase.rawValue : room > 3 ? String(phase.rawValue.prefix(room - 1)) : ""
      line += Styled(name, style).padded(to: room)
      start = end
    }
    return line
  }
}
