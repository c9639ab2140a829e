import VisionTransformer

/// Bytes by part as a table that adds up, with bars against the limit.
struct BreakdownTable {
  /// One line of the table.
  struct Part: Sendable {
    var name: String
    var bytes: Bytes
    var color: Color?
    var isSum = false
  }

  /// Parts in order: what persists, what is temporary, what fragmentation adds, and the sum.
  let parts: [Part]
  let memory: MemoryBreakdown
  /// The verdict that colours the total's bar; nil if only the limit does.
  let verdict: Verdict?

  init(_ memory: MemoryBreakdown, verdict: Verdict? = nil) {
    self.memory = memory
    self.verdict = verdict
    let kept = Color.theme(4), passing = Color.theme(6), added = Color.theme(5)
    var parts: [Part] = []
    func add(_ name: String, _ bytes: Bytes?, _ color: Color) {
      if let bytes { parts.append(Part(name: name, bytes: bytes, color: color)) }
    }
    if memory.parameters != nil || memory.optimizerState != nil {
      add("parameters", memory.parameters, kept)
      add("optimizer state", memory.optimizerState, kept)
      add("inputs", memory.inputs, kept)
    } else {
      add("arguments", memory.arguments, kept)
    }
    if memory.activations != nil || memory.gradients != nil || memory.workspace != nil {
      add("activations", memory.activations, passing)
      add("gradients", memory.gradients, passing)
      add("workspace", memory.workspace, passing)
    } else {
      add("temporaries", memory.temporaries, passing)
    }
    // Without the split, `temporaries` is everything except arguments, fragmentation included.
    if memory.activations != nil || memory.temporaries == nil { add("fragmentation", memory.packing, added) }
    let sum = parts.reduce(Bytes.zero) { $0 + $1.bytes }
    let rest = memory.total - sum
    // A thousandth of the limit is below the precision of the table.
    if !parts.isEmpty, rest.count.magnitude > memory.limit.count.magnitude / 1000 {
      parts.append(Part(name: rest < .zero ? "recomputed instead" : "other", bytes: rest, color: added))
    }
    self.parts = parts + [Part(name: "total", bytes: memory.total, color: nil, isSum: true)]
  }

  func lines(for terminal: Terminal) -> [Styled] {
    let headroom = memory.limit - memory.total
    let last =
      headroom < .zero
      ? Part(name: "over the limit", bytes: Bytes.zero - headroom) : Part(name: "headroom", bytes: headroom)
    let all = parts + [last]
    let names = all.map(\.name.count).max() ?? 0
    let sizes = all.map { $0.bytes.description.count }.max() ?? 0
    let shares = all.map { percent($0.bytes, of: memory.limit).count }.max() ?? 0
    let barWidth = min(60, max(0, terminal.columns - 2 - names - sizes - shares - 6 - limitLabel.count))
    func row(_ part: Part, bar: Styled) -> Styled {
      let style: Style = part.isSum ? .bold : .plain
      return Styled("  ") + Styled(part.name, style).padded(to: names) + "  "
        + Styled(part.bytes.description, style).padded(to: sizes, .right) + "  "
        + Styled(percent(part.bytes, of: memory.limit), .dim).padded(to: shares, .right) + "  " + bar
    }
    var lines: [Styled] = []
    for part in parts {
      if part.isSum {
        lines.append(Styled("  " + String(repeating: "─", count: names + sizes + shares + 4), .dim))
        lines.append(row(part, bar: sumBar(width: barWidth, terminal)))
      } else {
        let bar = Bar.text(fraction(part.bytes), width: barWidth, isUnicode: terminal.isUnicode)
        lines.append(row(part, bar: Styled(bar, Style(color: part.color))))
      }
    }
    lines.append(row(last, bar: "").styled(headroom < .zero ? Style(color: .theme(1)) : .plain))
    return lines
  }

  /// The scale ends at the limit, or at the total if that is larger.
  private var scale: Double { Double(max(memory.limit.count, memory.total.count, 1)) }
  private func fraction(_ bytes: Bytes) -> Double { Double(bytes.count) / scale }

  /// The total with the limit marked: in the free part, or where the total exceeds it.
  private func sumBar(width: Int, _ terminal: Terminal) -> Styled {
    guard width > 1 else { return "" }
    let bar = Bar.text(fraction(memory.total), width: width, isUnicode: terminal.isUnicode)
    let mark = min(width - 1, Int(fraction(memory.limit) * Double(width)))
    let style = Style(color: Self.color(verdict ?? .fits))
    if memory.total <= memory.limit {
      guard bar.count < width else { return Styled(bar, style) }
      let blanks = String(repeating: " ", count: width - 1 - bar.count)
      return Styled(bar, style) + Styled(blanks + "│", .dim) + Styled(limitLabel, .dim)
    }
    let within = String(bar.prefix(mark)), beyond = String(bar.dropFirst(mark + 1))
    return Styled(within, style) + Styled("│") + Styled(beyond, Style(color: .theme(1)))
  }

  /// The same colour as the verdict's text.
  private static func color(_ verdict: Verdict) -> Color {
    switch verdict {
    case .fits: .theme(2)
    case .doesNotFit: .theme(1)
    case .uncertain: .theme(3)
    }
  }

  private let limitLabel = " limit"
}
