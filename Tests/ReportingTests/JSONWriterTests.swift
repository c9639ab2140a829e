import Foundation
import Testing
import VisionTransformer

@testable import Reporting

@Suite struct JSONWriterTests {
  @Test(arguments: [
    ("plain", #""plain""#), ("", #""""#), ("a\"b\\c", #""a\"b\\c""#),
    ("tab\tline\nreturn\r", #""tab\tline\nreturn\r""#),
    ("\u{0}\u{1F}\u{8}\u{C}", #""\u0000\u001f\b\f""#), ("µ × 图 🙂", "\"µ × 图 🙂\""), ("/", #""/""#),
  ])
  func stringsAreEscaped(text: String, json: String) throws {
    var writer = JSONWriter()
    writer.string(text)
    #expect(writer.text == json)
    #expect(try JSONSerialization.jsonObject(with: Data(writer.bytes), options: .fragmentsAllowed) as? String == text)
  }

  @Test(arguments: [
    (0.1, "0.1"), (1e21, "1e+21"), (965_300_000_000, "965300000000"), (-2, "-2"), (.leastNonzeroMagnitude, "5e-324"),
    (0, "0"),
    (-0.0, "-0.0"), (0x1p53, "9007199254740992.0"), (1.0 / 3, "0.3333333333333333"), (.nan, "null"),
    (.infinity, "null"),
    (-.infinity, "null"),
  ])
  func numbersReadBackToTheSameDouble(value: Double, json: String) {
    var writer = JSONWriter()
    writer.number(value)
    #expect(writer.text == json)
    if value.isFinite { #expect(Double(writer.text)?.bitPattern == value.bitPattern) }
  }

  @Test(arguments: [
    (0, "0"), (7, "7"), (-10, "-10"), (Int.max, "9223372036854775807"), (Int.min, "-9223372036854775808"),
  ])
  func integersOfAnySize(value: Int, json: String) {
    var writer = JSONWriter()
    writer.integer(value)
    #expect(writer.text == json)
  }

  @Test func commasStandBetweenElementsOnly() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("a")
    writer.beginArray()
    writer.beginArray()
    writer.endArray()
    writer.beginObject()
    writer.endObject()
    writer.string("[")
    writer.string(":")
    writer.null()
    writer.boolean(true)
    writer.endArray()
    writer.key("b")
    writer.integer(1)
    writer.endObject()
    #expect(writer.text == #"{"a":[[],{},"[",":",null,true],"b":1}"#)
  }
}
