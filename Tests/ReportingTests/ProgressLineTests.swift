import Synchronization
import Testing

@testable import Reporting

@Suite struct ProgressLineTests {
  @Test func drawsCountRateAndTimeLeft() {
    var line = ProgressLine("configurations", total: 356_400, start: 100)
    line.update(123_456, now: 104)
    #expect(
      line.draw(now: 104, width: 100)
        == "configurations  123,456 of 356,400  ██████████▍                     34 %  30,900/s  0:08 left")
    #expect(
      line.draw(now: 104, width: 80)
        == "configurations  123,456 of 356,400  █████▉             34 %  30,900/s  0:08 left")
    #expect(line.draw(now: 104, width: 62) == "configurations  123,456 of 356,400  34 %  30,900/s  0:08 left")
    #expect(line.draw(now: 104, width: 20).count == 20)
  }

  @Test func withoutATotalItCountsUp() {
    var line = ProgressLine("rows", total: nil, start: 0)
    #expect(line.draw(now: 1, width: 80) == "rows  0  0:01")
    line.update(42, now: 84)
    #expect(line.draw(now: 84, width: 80) == "rows  42  0.50/s  1:24")
  }

  @Test func rateFollowsTheLastTenSeconds() throws {
    var line = ProgressLine("rows", total: 10_000, start: 0)
    for second in 1...60 { line.update(second <= 40 ? second * 10 : 400 + (second - 40) * 100, now: Double(second)) }
    let rate = try #require(line.rate(now: 60))
    #expect(rate == 100)
  }

  @Test func fullAndOverfullStopAtHundred() {
    var line = ProgressLine("rows", total: 10, start: 0)
    line.update(12, now: 1)
    #expect(line.draw(now: 1, width: 60).contains("100 %"))
  }

  @Test(arguments: [(0.2, "0:01"), (59.5, "1:00"), (3725, "1:02:05"), (1e9, "days"), (-5, "0:00")])
  func clockReads(seconds: Double, text: String) { #expect(ProgressLine.clock(seconds) == text) }

  /// A clock that a test sets.
  private final class Clock: Sendable {
    private let value = Mutex(0.0)
    var now: Double { value.withLock { $0 } }
    func set(_ time: Double) { value.withLock { $0 = time } }
  }

  @Test func terminalSeesNothingBeforeTwoSecondsAndAFreshLineAfter() {
    let clock = Clock(), sink = MemorySink()
    var reporter = ProgressReporter(
      "rows", total: 100, terminal: Terminal(columns: 60, isInteractive: true), to: sink, clock: { clock.now })
    clock.set(1.9)
    reporter.update(10)
    #expect(sink.text.isEmpty)
    clock.set(2.5)
    reporter.update(20)
    #expect(sink.text.hasPrefix("\r\u{1B}[2Krows  20 of 100"))
    let once = sink.bytes.count
    clock.set(2.55)
    reporter.update(21)
    #expect(sink.bytes.count == once)
    reporter.finish()
    #expect(sink.text.hasSuffix("\r\u{1B}[2K"))
  }

  @Test func logFileGetsALineEveryTenSeconds() {
    let clock = Clock(), sink = MemorySink()
    var reporter = ProgressReporter("rows", total: 1000, terminal: .plain, to: sink, clock: { clock.now })
    for second in 1...35 {
      clock.set(Double(second))
      reporter.update(second * 10)
    }
    reporter.finish()
    #expect(sink.text.split(separator: "\n").count == 4)
    #expect(!sink.text.contains("\u{1B}"))
  }
}
