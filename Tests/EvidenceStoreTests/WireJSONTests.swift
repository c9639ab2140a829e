import Evidence
import Testing

/// A worker's output is read as strictly as any input from outside.
@Suite struct WireJSONTests {
  private struct Message: Codable, Equatable {
    enum Kind: String, Codable { case started, done }
    enum Event: Codable, Equatable { case peak(bytes: Int), ended }
    var count: Int
    var time: Double
    var small: UInt8?
    var kinds: [Kind]
    var costs: [String: Double]
    var event: Event
    var nested: [[Int]]
  }

  private static let message = Message(
    count: 9_007_199_254_740_993, time: .infinity, small: 255, kinds: [.done, .started],
    costs: ["flops": .nan, "a": 1.5],
    event: .peak(bytes: .min), nested: [[], [1, .max]])

  private static let line = WireJSON.text(message)

  @Test func messagesComeBackAsTheyWereSent() throws {
    let read = try WireJSON.value(Message.self, Self.line.utf8)
    #expect(read.costs["flops"]?.isNaN == true)
    var comparable = read
    comparable.costs["flops"] = nil
    var sent = Self.message
    sent.costs["flops"] = nil
    #expect(comparable == sent)
    #expect(WireJSON.text(read) == Self.line)
  }

  /// A part of the message, what stands in its place, and what the error must name.
  @Test(arguments: [
    ("9007199254740993", "9007199254740993.5", "whole number"), ("9007199254740993", "8.00000000000000000001", "whole"),
    ("9007199254740993", "\"8\"", "whole number"), ("9007199254740993", "9223372036854775808", "whole number"),
    (":255", ":256", "between 0 and 255"), (":255", ":-1", "between 0 and 255"), (":255", ":true", "whole number"),
    ("\"inf\"", "\"infinite\"", "a number"), ("\"inf\"", "1e999", "1.8e308"), ("\"done\"", "\"gone\"", "gone"),
    ("\"count\"", "\"cuont\"", "count is missing"), ("\"count\"", "\"time\"", "stands twice"),
    ("{\"peak\"", "{\"peek\"", "event"), ("[[]", "[{}", "must be a list"), ("[[]", "[[1.5]", "whole number"),
  ])
  func whatIsNoMessageIsRefused(part: String, other: String, problem: String) throws {
    let line = Self.line.replacingOccurrence(of: part, with: other)
    #expect(line != Self.line)
    let error = #expect(throws: (any Error).self) { try WireJSON.value(Message.self, line.utf8) }
    #expect(error.map { "\($0)" }?.contains(problem) == true, "\(error as Any)")
  }

  @Test func whatIsCutOffIsRefused() {
    for count in 0..<Self.line.utf8.count {
      #expect(throws: (any Error).self) { try WireJSON.value(Message.self, Array(Self.line.utf8.prefix(count))) }
    }
  }
}

extension String {
  /// The text with the first `part` replaced.
  fileprivate func replacingOccurrence(of part: String, with other: String) -> String {
    guard let range = firstRange(of: part) else { return self }
    return replacingCharacters(in: range, with: other)
  }

  private func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
    self[..<range.lowerBound] + other + self[range.upperBound...]
  }
}
