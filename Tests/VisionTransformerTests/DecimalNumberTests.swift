import Foundation
import Testing

@testable import VisionTransformer

@Suite struct DecimalNumberTests {
  /// A number, and its value where it is a whole one that an `Int` holds.
  @Test(
    arguments: [
      ("0", 0), ("-0", 0), ("007", 7), ("+7", 7), ("7.", 7), (".5e1", 5), ("12.340e3", 12_340), ("1200e-2", 12),
      ("9223372036854775807", .max), ("9223372036854775808", nil), ("-9223372036854775808", .min),
      ("-9223372036854775809", nil), ("0.9223372036854775807e19", .max), ("1e18", 1_000_000_000_000_000_000),
      ("1e19", nil), ("1e999999999999999999999", nil), ("0e999999999999999999999", 0), ("1e-1", nil), ("0.1", nil),
      ("9007199254740993", 9_007_199_254_740_993), ("9007199254740992.5", nil),
    ] as [(String, Int?)])
  func wholeNumbersAreThemselves(text: String, value: Int?) throws {
    #expect(try #require(DecimalNumber(text)).integer == value)
  }

  @Test(arguments: [
    "", "+", "-", ".", "e5", "1e", "1e+", "--1", "1 ", " 1", "1_0", "0x10", "nan", "inf", "١", "1.2.3", "1e5.0",
    "1\u{0}",
  ])
  func otherTextIsNone(text: String) { #expect(DecimalNumber(text) == nil) }

  /// Against digits that are counted out: 10^5 whole numbers, each written in four ways.
  @Test func everyWayOfWritingAWholeNumberIsTheSame() {
    var state: UInt64 = 7
    for _ in 0..<25_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let value = Int(bitPattern: UInt(state >> (state & 63)))
      let text = "\(value)"
      // JSON does not take 000e-2.
      let shift = value == 0 ? 0 : Int(state >> 60)
      for written in [text, text + ".000", text + "e0", text + String(repeating: "0", count: shift) + "e-\(shift)"] {
        if LooseValue(digits: written) != .integer(value) { Issue.record("\(written)") }
        if (try? LooseValue(json: written)) != .integer(value) { Issue.record("\(written)") }
      }
      if case .integer = LooseValue(digits: text + ".00000000000000000001") { Issue.record("\(text) and a bit") }
    }
  }

  @Test func aMillionDigitsAreReadAtOnce() {
    let nines = String(repeating: "9", count: 1_000_000)
    // Other tests may have the machine: what counts is this thread's own time.
    let start = processorNanoseconds
    for text in [nines, "0." + nines, nines + "e-1000000", "1e" + nines, nines + "." + nines] {
      #expect(DecimalNumber(text)?.integer == nil)
      _ = LooseValue(digits: text)
      _ = try? Bytes(parsing: text + "GiB")
    }
    #expect(processorNanoseconds - start < 10_000_000_000)
  }

  private var processorNanoseconds: Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
