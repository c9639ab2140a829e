import Evidence
import Scheduling
import VisionTransformer

extension GraphReport: SectionedReport {
  package var listed: [AliveValues] { alive }

  /// Kinds of values alive at the peak, one a line.
  package static var listing: Listing<AliveValues> {
    Listing([
      .init("origin") { .text($0.origin) }, .init("shape") { .text($0.shape) }, .init("count") { .integer($0.count) },
      .init("bytes") { .bytes($0.bytes) }, .init("total") { .bytes($0.total) },
    ])
  }

  /// The report for people.
  package func text(terminal: Terminal = .plain) -> String {
    var lines = wrap(summary, width: terminal.columns).map { Styled($0, .bold) }
    lines += wrap(heldAgainstLog, width: terminal.columns).map { Styled($0, isAsLogged == false ? .bad : .plain) }
    for section in [orders, atPeak(most: Self.mostShown), recomputed] + lowering {
      lines += section.lines(for: terminal)
    }
    return lines.rendered(for: terminal)
  }

  /// Writes the report as one object.
  package func write(to writer: inout JSONWriter) {
    writer.beginObject()
    for (key, value): (String, MachineValue) in [
      ("title", .text(title)), ("device", .text(device)), ("compiler", .text(compiler)),
      ("nodes", .integer(graph.nodes.count)), ("values", .integer(graph.values.count)),
      ("livePeak", .bytes(livePeak)), ("loggedLivePeak", .optional(log.livePeak?.count)),
      ("results", .bytes(Bytes(graph.resultBytes))), ("peakNode", .text(peakNode.name)),
      ("peakOrigin", .text(peakNode.origin)),
    ] {
      writer.key(key)
      writer.value(value)
    }
    for section in [orders, atPeak(most: alive.count), recomputed] + lowering { section.write(to: &writer) }
    writer.endObject()
  }

  /// Kinds of values that are shown to people; the rest is summed.
  private static let mostShown = 16

  private var peakNode: ScheduledGraph.Node { graph.nodes[order.isEmpty ? graph.root : order[peak.position]] }

  private var summary: String {
    "\(title): what \(compiler) schedules for \(device), \(counted(graph.nodes.count, "node")) and "
      + "\(counted(graph.values.count, "value"))."
  }

  /// Whether the replayed peak is the logged one; nil if the log has none.
  private var isAsLogged: Bool? { log.livePeak.map { $0 == livePeak } }

  private var heldAgainstLog: String {
    let replayed = "Live peak \(livePeak), at \(peakNode.name) (\(peakNode.origin))"
    return switch isAsLogged {
    case true?: "\(replayed): to the byte what the compiler logged."
    case false?: "\(replayed); the compiler logged \(log.livePeak ?? .zero)."
    case nil: "\(replayed); the compiler logged none."
    }
  }

  private var orders: ReportSection {
    ReportSection(
      key: "orders", title: "Orders",
      note:
        "The compiler takes the order that needs least, arguments included. Agreement: pairs of nodes of 64 KiB and "
        + "up that its own order has in the same order.",
      columns: [
        .init("order", "order", rank: .answer), .init("needs", "needs", .right, rank: .answer),
        .init("livePeak", "live peak", .right, rank: .answer), .init("agreement", "agreement", .right),
      ],
      rows: schedules.map { schedule in
        [
          .text(schedule.order.rawValue, schedule.order == schedules[0].order ? .good : .plain),
          .bytes(Bytes(schedule.heapPeak)),
          .bytes(Bytes(graph.livePeak(schedule.sequence).bytes + graph.resultBytes)),
          .percent(graph.agreement(schedule.sequence, order)),
        ]
      })
  }

  private func atPeak(most: Int) -> ReportSection {
    let rest = alive.dropFirst(most)
    func row(_ origin: String, _ shape: String, _ count: Int, _ bytes: Bytes?, _ total: Bytes) -> [ReportSection.Cell] {
      [
        .text(origin), .text(shape), .count(count), bytes.map { .bytes($0) } ?? .init("", .null), .bytes(total),
        .percent(peak.bytes > 0 ? Double(total.count) / Double(peak.bytes) : nil),
      ]
    }
    return ReportSection(
      key: "alive", title: "Temporaries alive at the peak",
      note: "By the work that makes them; block* stands for any block. A fusion has the name of its last operation.",
      columns: [
        .init("origin", "made by", rank: .answer), .init("shape", "shape", rank: .detail),
        .init("count", "n", .right, rank: .answer), .init("bytes", "each", .right),
        .init("total", "in all", .right, rank: .answer), .init("share", "share", .right),
      ],
      rows: alive.prefix(most).map { row($0.origin, $0.shape, $0.count, $0.bytes, $0.total) }
        + (rest.isEmpty
          ? []
          : [
            row(
              "\(counted(rest.count, "other kind"))", "", rest.reduce(0) { $0 + $1.count }, nil,
              rest.reduce(.zero) { $0 + $1.total })
          ]))
  }

  private var recomputed: ReportSection {
    ReportSection(
      key: "limits", title: "What would be recomputed",
      note:
        "Rematerialization replayed on the compiler's order. Limits and peaks count what is updated in place, results and "
        + "temporaries.",
      columns: [
        .init("limit", "limit", .right, rank: .answer), .init("peak", "peak after", .right, rank: .answer),
        .init("recomputed", "recomputed", .right, rank: .answer), .init("moved", "moved", .right),
        .init("compressed", "compressed", .right),
      ],
      rows: limits.map(row))
  }

  /// This package's own graph of the step; nothing for a user's own program.
  private var lowering: [ReportSection] {
    guard let own else { return [] }
    let columns: [ReportSection.Column] = [
      .init("difference", "nodes with", rank: .answer), .init("count", "n", .right, rank: .answer),
      .init("first", "the first of them"),
    ]
    let note: String
    if let livePeak = own.livePeak, let error = own.error {
      note =
        "\(own.equal) of \(own.all) nodes of the compiler's have equals with the same bytes; live peak \(livePeak), "
        + "\(percent(error, digits: 2, signed: true)) against the compiler's."
    } else {
      note = own.problem ?? ""
    }
    return [
      ReportSection(
        key: "lowering", title: "Our own lowering of the step", note: note, columns: columns,
        rows: [[.text("equal bytes"), .count(own.equal), .text(own.problem ?? "")]]
          + own.differences.filter { $0.count > 0 }.map { [.text($0.title), .count($0.count), .text($0.first)] })
    ]
  }

  private func row(_ limit: Bytes, _ outcome: RecomputedSchedule) -> [ReportSection.Cell] {
    func count(_ kind: RecomputedSchedule.Change.Kind) -> ReportSection.Cell {
      .count(outcome.changes.count { $0.kind == kind })
    }
    let reached = Bytes(outcome.peak + graph.resultBytes)
    let style: Style = reached > limit ? .bad : .plain
    return [
      .bytes(limit), .init(Styled(reached.description, style), .bytes(reached)), count(.recomputed), count(.moved),
      count(.compressed),
    ]
  }
}
