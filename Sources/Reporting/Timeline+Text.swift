import VisionTransformer

extension Timeline {
  /// The area chart for `terminal`: time across, bytes upward, the limit as a line if it is near, the peak marked.
  ///
  /// What automatic rematerialization recomputes is shaded; its upper edge is the curve before it.
  public func text(rows: Int = 16, terminal: Terminal = .plain) -> String {
    guard !events.isEmpty else { return [Styled(title, .bold), "no events"].rendered(for: terminal) }
    let scale = scale
    let limitLabel = " limit"
    let labels = (0...4).map { Bytes(scale / 4 * $0).description }
    let lead = (labels.map(\.count).max() ?? 0) + 1
    let columns = Self.columns(events, atMost: max(10, min(terminal.columns - lead - limitLabel.count, 120)))
    let rows = max(rows, 4)
    var lines = Styled(title, .bold).wrapped(to: terminal.columns)
    if let headline { lines += wrap(headline, width: terminal.columns).map { Styled($0) } }
    lines.append("")
    let limitRow = showsLimit ? Self.row(of: limit.count, scale: scale, rows: rows) : nil
    for row in (0..<rows).reversed() {
      // The label of each quarter is on the line whose upper edge it marks.
      let quarter: Int? = (1...4).first { $0 * rows / 4 - 1 == row }
      let label = quarter.map { labels[$0] } ?? ""
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
    if let fillings = fillings(terminal) {
      lines += [""] + fillings.wrapped(to: terminal.columns - 2).map { Styled("  ") + $0 }
    }
    lines += [""] + wrap(summary, width: terminal.columns - 2).map { Styled("  " + $0) }
    if let reservation {
      lines += wrap(reservation, width: terminal.columns - 2).map { Styled("  " + $0, .dim) }
    }
    lines += wrap(provenance, width: terminal.columns - 2).map { Styled("  " + $0, .dim) }
    return lines.rendered(for: terminal)
  }

  private static func row(of bytes: Int, scale: Int, rows: Int) -> Int {
    min(rows - 1, Int(Double(bytes) / Double(scale) * Double(rows)))
  }

  private func cell(
    _ column: Column, row: Int, rows: Int, scale: Int, isLimit: Bool, _ terminal: Terminal
  ) -> Styled {
    func eighths(_ bytes: Int) -> Int {
      Int((Double(bytes) / Double(scale) * Double(rows) * 8).rounded()) - row * 8
    }
    let color = Color.exact(column.phase.color)
    let before = eighths(column.bytes), eighths = eighths(column.live)
    if eighths <= 0, before < 4 || isLimit { return isLimit ? Styled("╌", .dim) : " " }
    if eighths <= 0 { return Styled(terminal.isUnicode ? "░" : ":", Style(color: color)) }
    if isLimit, eighths >= 8 {
      return Styled("╌", Style(color: .exact(RGB(0xFFFFFF)), background: terminal.colorDepth == .none ? nil : color))
    }
    if !terminal.isUnicode {
      return Styled(eighths >= 4 ? "#" : before >= 4 ? ":" : " ", Style(color: color))
    }
    let glyph = eighths >= 8 ? "█" : String(["▁", "▂", "▃", "▄", "▅", "▆", "▇"][eighths - 1])
    let ground = row * 8 < argumentEighths(rows: rows, scale: scale)
    return Styled(glyph, Style(color: color, isDim: ground))
  }

  private func argumentEighths(rows: Int, scale: Int) -> Int {
    arguments.map { Int(Double($0.count) / Double(scale) * Double(rows) * 8) } ?? 0
  }

  private func marker(_ columns: [Column]) -> Styled {
    let place = columns.firstIndex { $0.range.contains(peak) } ?? 0
    let label = rematerializedPeak == nil ? "peak" : "peak before"
    // The label goes on the side with enough space.
    if place + 2 + label.count <= columns.count {
      return Styled(String(repeating: " ", count: place)) + Styled("▲ " + label, .bold)
    }
    return Styled(String(repeating: " ", count: max(0, place - label.count - 1))) + Styled(label + " ▲", .bold)
  }

  private func phases(_ columns: [Column]) -> Styled {
    Self.phaseLabels(columns, room: columns.count, gap: 1) { $0.count }.reduce(Styled("")) { line, label in
      line.padded(to: label.start) + Styled(label.phase.rawValue, Style(color: .exact(label.phase.color)))
    }
  }

  /// The meaning of the two fillings; nil if there is only one.
  private func fillings(_ terminal: Terminal) -> Styled? {
    guard rematerializedPeak != nil else { return nil }
    let full = terminal.isUnicode ? "█" : "#", shade = terminal.isUnicode ? "░" : ":"
    return Styled("\(full) live, \(shade) live before automatic rematerialization: computed again instead of kept")
  }
}
