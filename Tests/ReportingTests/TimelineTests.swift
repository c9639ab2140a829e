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
    #expect(timeline.svg().contains("no events"))
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
        == "event,phase,label,bytes,isPeak\r\n1,forward,a,5,false\r\n2,update,b,7,true\r\n")
  }

  @Test(arguments: [40, 80, 200]) func linesKeepToTheTerminal(columns: Int) {
    for line in sample.text(terminal: Terminal(columns: columns)).split(separator: "\n").dropFirst() {
      #expect(line.count <= columns, "\(line)")
    }
  }
}
