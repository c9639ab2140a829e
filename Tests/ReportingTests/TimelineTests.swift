import Testing
import VisionTransformer

@testable import Reporting

@Suite struct TimelineTests {
  /// A step of 12 blocks that climbs, falls and updates.
  private var sample: Timeline {
    var events: [Timeline.Event] = []
    func add(_ label: String, _ phase: Timeline.Phase, _ gibibytes: Double) {
      events.append(.init(label: label, phase: phase, bytes: .gibibytes(gibibytes)))
    }
    var live = 10.8
    for block in 0..<48 {
      for (part, bytes) in [("attention", 0.04), ("softmax", 0.03), ("MLP", 0.02)] {
        live += bytes
        add("block \(block) \(part)", .forward, live)
      }
    }
    add("head", .forward, live + 0.05)
    for block in (0..<48).reversed() {
      add("block \(block) MLP backward", .backward, live + 0.12)
      live -= 0.05
      add("block \(block) attention backward", .backward, live + 0.06)
      live -= 0.03
    }
    for block in 0..<48 { add("block \(block) update", .update, live - Double(block) * 0.01) }
    return Timeline(
      title: "ViT-G/14 on a tpu-v3 core: live bytes over the step", events: events, arguments: .gibibytes(10.8),
      limit: .gibibytes(15.48), peakName: "the backward of the last block's MLP",
      provenance: "estimated; model 1; speaks for libtpu 0.0.17.1")
  }

  @Test func chartReadsLikeThis() throws {
    try expectGolden(sample.text(), "timeline.txt")
    try expectGolden(
      sample.text(rows: 12, terminal: Terminal(columns: 120, colorDepth: .exact, isInteractive: true)),
      "timeline-color.txt")
    try expectGolden(sample.text(terminal: Terminal(columns: 60, isUnicode: false)), "timeline-ascii.txt")
    try expectGolden(sample.svg(), "timeline.svg")
  }

  /// The same with what is computed again: a third of what the blocks keep.
  private var recomputed: Timeline {
    var timeline = sample
    for index in timeline.events.indices {
      let kept = timeline.events[index].bytes - .gibibytes(10.8)
      timeline.events[index].rematerialized =
        .gibibytes(10.8) + Bytes(timeline.events[index].phase == .update ? kept.count : kept.count * 2 / 3)
      timeline.events[index].bytes = timeline.events[index].bytes + Bytes(kept.count / 2)
    }
    timeline.outcome = .init(total: .gibibytes(14.12), verdict: .fits)
    return timeline
  }

  @Test func bothCurvesAreDrawn() throws {
    try expectGolden(recomputed.text(), "timeline-rematerialized.txt")
    try expectGolden(
      recomputed.text(terminal: Terminal(columns: 60, isUnicode: false)), "timeline-rematerialized-ascii.txt")
    try expectGolden(recomputed.svg(), "timeline-rematerialized.svg")
    let text = recomputed.text(terminal: Terminal(columns: 200))
    #expect(
      text.contains(
        "fits: 14.12 of 15.48 GiB with inputs and fragmentation; 17.46 GiB live before automatic rematerialization, 13.76 GiB after it"
      ))
    #expect(text.contains("░ live before automatic rematerialization"))
    #expect(!sample.text().contains("░") && !sample.text().contains("rematerialization"))
    #expect(
      recomputed.svg().contains("before rematerialization: 17.46 GiB")
        && recomputed.svg().contains("after it: 13.76 GiB"))
  }

  @Test func aCurveThatIsOnlyABoundSaysSo() {
    var timeline = recomputed
    #expect(!timeline.svg().contains("how far it can come down"))
    timeline.outcome?.isCapped = true
    #expect(timeline.svg().contains("how far it can come down"))
    #expect(timeline.text(terminal: Terminal(columns: 300)).contains("how far it can come down"))
  }

  /// The allocation can need less than what is alive: the words say why.
  @Test func aTotalBelowTheLivePeakIsExplained() {
    var timeline = sample
    timeline.outcome = .init(total: .gibibytes(14), verdict: .uncertain)
    #expect(
      timeline.headline
        == "uncertain: 14.00 of 15.48 GiB as it is allocated; 15.24 GiB live at the peak")
    timeline.outcome = .init(total: .gibibytes(16), verdict: .doesNotFit)
    #expect(
      timeline.headline == "does not fit: 16.00 of 15.48 GiB with inputs and fragmentation; 15.24 GiB live at the peak")
  }

  // MARK: Labels

  private static let phases: [[Timeline.Phase]] = [
    [.forward, .backward, .update],
    Array(repeating: [.forward, .backward, .update], count: 40).flatMap { $0 },
    [.forward] + Array(repeating: [.backward, .update], count: 300).flatMap { $0 },
    Array(repeating: .forward, count: 500) + [.backward, .update],
    [.forward, .backward] + Array(repeating: .update, count: 500),
    [.update], [.forward, .update], [.backward],
  ]

  @Test(arguments: phases, [10, 14, 24, 40, 84, 660]) func everyPhaseIsNamedOnceAtMost(
    phases: [Timeline.Phase], room: Int
  ) {
    let events = phases.map { Timeline.Event(label: "", phase: $0, bytes: Bytes(100)) }
    let columns = Timeline.columns(events, atMost: room)
    let labels = Timeline.phaseLabels(columns, room: room, gap: 1) { $0.count }
    #expect(Set(labels.map(\.phase)).count == labels.count)
    for (one, next) in zip(labels, labels.dropFirst()) { #expect(one.start + one.phase.rawValue.count < next.start) }
    for label in labels { #expect(label.start >= 0 && label.start + label.phase.rawValue.count <= room) }
    if room >= 24 { #expect(Set(labels.map(\.phase)) == Set(columns.map(\.phase))) }
  }

  /// Wherever peak, limit and arguments stand, no word is printed over another or runs off the drawing.
  @Test(arguments: phases, [0.02, 0.5, 1, 2, 10]) func noWordIsPrintedOverAnother(
    phases: [Timeline.Phase], limit: Double
  ) {
    for arguments in [0.001, 0.04, 0.5] {
      for peak in [0, phases.count / 2, phases.count - 1] {
        for freed in [nil, 0.001, 0.3] as [Double?] {
          var events = phases.map {
            Timeline.Event(
              label: "block 12 attention: geluGradient", phase: $0, bytes: .gibibytes(4),
              rematerialized: freed.map { .gibibytes(4 - 4 * $0) })
          }
          events[peak].bytes = .gibibytes(4.2)
          let timeline = Timeline(
            title: "ViT-G/14 on a tpu-v3 core: live bytes over the step", events: events,
            arguments: .gibibytes(4 * arguments),
            limit: .gibibytes(4 * limit), peakName: "the backward of the last block's attention",
            outcome: .init(total: .gibibytes(5), verdict: .uncertain, isCapped: true), provenance: "estimated")
          let overprinted = SVGWords(timeline.svg()).faults
          #expect(overprinted.isEmpty, "\(overprinted)")
        }
      }
    }
  }

  @Test func peakIsTheLargestEventAndIsNamed() {
    let timeline = sample
    #expect(timeline.events[timeline.peak].label == "block 47 MLP backward")
    #expect(
      timeline.summary
        == "live peak 15.24 of 15.48 GiB at the backward of the last block's MLP (block 47 MLP backward), event 146 of 289"
    )
  }

  @Test func bucketsKeepTheirLargestEvent() {
    let events = (0..<1000).map {
      Timeline.Event(label: "\($0)", phase: .forward, bytes: Bytes($0 == 617 ? 9_000_000 : 1000))
    }
    let columns = Timeline.columns(events, atMost: 40)
    #expect(columns.count == 40)
    #expect(columns.map(\.bytes).max() == 9_000_000)
    #expect(columns.map(\.range.count).reduce(0, +) == 1000)
  }

  @Test func aLimitFarAboveIsNotDrawn() {
    var timeline = sample
    timeline.limit = .gibibytes(60)
    #expect(timeline.showsLimit && timeline.text().contains("╌ limit"))
    timeline.limit = .gibibytes(62)
    #expect(!timeline.showsLimit && !timeline.text().contains("╌") && timeline.text().contains("15.24 GiB┤"))
    #expect(timeline.svg().contains("limit 62.00 GiB, above the chart"))
  }

  @Test func noEventsSayNothingWrong() {
    let timeline = Timeline(title: "empty", events: [], limit: .gibibytes(1), provenance: "none")
    #expect(timeline.text() == "empty\nno events\n")
    #expect(timeline.svg().contains("No events"))
  }

  @Test func machineFormNamesThePeak() {
    let timeline = Timeline(
      title: "",
      events: [
        .init(label: "a", phase: .forward, bytes: Bytes(5)), .init(label: "b", phase: .update, bytes: Bytes(7)),
      ],
      limit: Bytes(9), provenance: "")
    #expect(
      Timeline.listing.text(timeline.rows, format: .csv)
        == "event,phase,label,bytes,rematerializedBytes,isPeak\r\n1,forward,a,5,,false\r\n2,update,b,7,,true\r\n")
  }

  @Test(arguments: [40, 80, 200]) func linesKeepToTheTerminal(columns: Int) {
    for text in [sample, recomputed].map({ $0.text(terminal: Terminal(columns: columns)) }) {
      for line in text.split(separator: "\n").dropFirst() { #expect(line.count <= columns, "\(line)") }
    }
  }
}
