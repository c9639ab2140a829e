import Foundation
import Testing
import VisionTransformer

@testable import Catalog

/// Batches in all their forms: no invalid part costs another question its answer.
@Suite struct QuestionSplitterTests {
  /// The questions of a text that comes in pieces of `size` bytes, as `line[.item]:text`.
  private func questions(_ text: String, size: Int = .max) -> [String] {
    var splitter = QuestionSplitter()
    var found: [Question] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      found += splitter.take(rest.prefix(size))
      rest = rest.dropFirst(size)
    }
    found += splitter.finish()
    return found.map { question in
      let place = "\(question.line)" + (question.item.map { ".\($0)" } ?? "")
      let text = String(decoding: question.text, as: UTF8.self)
      return place + ":" + (question.problem.map { "<\($0)>" } ?? "") + text
    }
  }

  @Test(arguments: [
    ("", []), ("\n \r\n\t", []), ("\u{FEFF}", []), ("{}", ["1:{}"]), ("{}\n{}\n", ["1:{}", "2:{}"]),
    ("{}\r\n\r\n{}", ["1:{}\r", "3:{}"]), ("\u{FEFF}{\n}\n", ["1:\u{FEFF}{\n}"]),
    // As programs print objects, one after the other.
    (
      "{\n  \"a\": 1\n}\n{\n  \"b\": {\n    \"c\": 2\n  }\n}\n",
      ["1:{\n  \"a\": 1\n}", "4:{\n  \"b\": {\n    \"c\": 2\n  }\n}"]
    ),
    // As people wrap them, beside one a line.
    ("{\"a\": 1,\n \"b\": 2}\n{\"c\": 3}", ["1:{\"a\": 1,\n \"b\": 2}", "3:{\"c\": 3}"]),
    ("{\"a\": [\n\n1]}\n\n{}", ["1:{\"a\": [\n\n1]}", "5:{}"]),
    // Several on one line.
    ("{}{}", ["1:{}", "1:{}"]),
    (" {\"a\": \"}{\"} {\"b\": [1]}\r\n{}", ["1:{\"a\": \"}{\"}", "1:{\"b\": [1]}", "2:{}"]),
    ("{}{", ["1:{}{"]), ("{} {},", ["1:{} {},"]), ("{}x", ["1:{}x"]), ("{}{]\n{}", ["1:{}{]", "2:{}"]),
    // A list, printed or not; brackets and commas within text are text.
    ("[]", []), ("[{}, {}]", ["1.1:{}", "1.2:{}"]),
    ("\n [\n  {},\n  {\n    \"a\": \"},{[\"\n  }\n]\n", ["3.1:{}", "4.2:{\n    \"a\": \"},{[\"\n  }"]),
    ("[{\"a\": \"\\\"]\"}]", ["1.1:{\"a\": \"\\\"]\"}"]),
    ("[1, \"a,b\" , null]", ["1.1:1", "1.2:\"a,b\"", "1.3:null"]),
    ("[[1,2],{}]", ["1.1:[1,2]", "1.2:{}"]), ("[{}]\n{}\n[{}]", ["1.1:{}", "2:{}", "3:[{}]"]),
    // Lists that are wrong.
    ("[", ["1.1:<the list is not closed: expected a comma or \"]\">"]),
    ("[{},\n{}", ["1.1:{}", "2.2:{}", "2.3:<the list is not closed: expected a comma or \"]\">"]),
    ("[{}, {\"a\"", ["1.1:{}", "1.2:{\"a\""]), ("[{},]", ["1.1:{}", "1.2:<expected an item after the comma>"]),
    ("[,{}]", ["1.1:<expected an item before the comma>", "1.2:{}"]),
    ("[{} {}]", ["1.1:{}", "1.2:<expected a comma or \"]\" before it>{}"]),
    ("[{\"a\": NaN}, {}]", ["1.1:{\"a\": NaN}", "1.2:{}"]), ("[}, {}]", ["1.1:}", "1.2:{}"]),
    ("[{]}, {}]", ["1.1:{]", "1.2:<expected a comma or \"]\" before it>}", "1.3:{}"]),
    ("[\n{\"a\": \"b},\n{\"c\": 1},\n{}\n]", ["2.1:{\"a\": \"b},", "3.2:{\"c\": 1}", "4.3:{}"]),
    ("[\n  {\"a\": 1\n  {\"b\": 2}\n]", ["2.1:{\"a\": 1", "3.2:{\"b\": 2}"]),
    // Lines that are wrong stand for themselves.
    ("no\n{}\n[1]\n\"x\"\n7", ["1:no", "2:{}", "3:[1]", "4:\"x\"", "5:7"]), ("}\n{}", ["1:}", "2:{}"]),
    ("{\"a\": 1\n{}\n", ["1:{\"a\": 1", "2:{}"]), ("{\"a\": \"b\n{}\n", ["1:{\"a\": \"b", "2:{}"]),
    ("{\"a\":\n{}\n{}\n", ["1:{\"a\":", "2:{}", "3:{}"]), ("{\"a\": 1,\nno\n{}\n", ["1:{\"a\": 1,", "2:no", "3:{}"]),
    ("{\n{}\n", ["1:{", "2:{}"]), ("{\nno\n{}\n", ["1:{", "2:no", "3:{}"]),
    ("{\"a\": 1]\n{}", ["1:{\"a\": 1]", "2:{}"]),
    ("{} {}\n{}", ["1:{}", "1:{}", "2:{}"]),
    // An object that a program printed and somebody broke is one question.
    ("{\n  \"a\": 1\n  \"b\": 2\n}\n{}", ["1:{\n  \"a\": 1\n  \"b\": 2\n}", "5:{}"]),
    ("{\n  \"a\": 1,\n  \"b\": 2\n", ["1:{\n  \"a\": 1,\n  \"b\": 2"]),
    ("{\n  \"a\": 1,\n{\n  \"b\": 2\n}", ["1:{\n  \"a\": 1,", "3:{\n  \"b\": 2\n}"]),
    ("{\n  \"b\": 2,\n  \"a\": \"x,\n}\n{}", ["1:{\n  \"b\": 2,\n  \"a\": \"x,\n}", "5:{}"]),
    ("[{}\n{}\n{}]", ["1.1:{}", "2.2:{}", "3.3:{}"]),
  ])
  func everyFormIsTakenApart(text: String, expected: [String]) {
    #expect(questions(text) == expected)
    for size in [1, 2, 3, 7] { #expect(questions(text, size: size) == expected, "in pieces of \(size)") }
  }

  /// One of three lines, cut off at every position, and with every byte replaced by each of a handful of others.
  @Test func aBrokenLineIsOneErrorAndTheOthersAreAnswered() throws {
    let line = Array(#"{"shape":{"width":64,"depth":2},"x":[1,{"y":"z\""}],"memoryLimit":"1GiB"}"#.utf8)
    let good = Array(#"{"shape":"ViT-S/16"}"#.utf8)
    var broken = (1..<line.count).map { Array(line.prefix($0)) }
    // A bracket in its place would begin a list.
    for place in line.indices.dropFirst() {
      for byte in "{}[]\",:\\x ".utf8 {
        var other = line
        other[place] = byte
        broken.append(other)
      }
    }
    for text in broken {
      var splitter = QuestionSplitter()
      let found = splitter.take(text + [10] + good + [10] + good + [10]) + splitter.finish()
      let expected = [text, good, good].enumerated().map { Question(line: $0.offset + 1, text: $0.element) }
      if found != expected { Issue.record("\(String(decoding: text, as: UTF8.self)): \(found)") }
    }
  }

  /// The same for the second of three items of a list with one item a line.
  @Test func aBrokenItemOfALineIsOneErrorAndTheLastIsAnswered() {
    let line = Array(#"  {"shape":{"width":64,"depth":2},"x":[1,{"y":"z\""}]},"#.utf8)
    let good = Array("  {\"shape\":\"ViT-S/16\"}".utf8)
    for count in 3..<line.count {
      var splitter = QuestionSplitter()
      let text = Array("[\n".utf8) + good + Array(",\n".utf8) + line.prefix(count) + [10] + good + Array("\n]\n".utf8)
      let found = splitter.take(text) + splitter.finish()
      #expect(found.first?.text == Array(good.dropFirst(2)) && found.first?.line == 2)
      // Where a value can stand, the next object is that value.
      let isNested = [UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: ",")].contains(line[count - 1])
      if !isNested {
        #expect(found.contains { $0.line == 4 && $0.text == Array(good.dropFirst(2)) && $0.problem == nil })
      }
    }
  }

  /// Inputs that could make a splitter read the same bytes repeatedly, or keep all of them.
  @Test(arguments: [
    "{", "[", "{\"a\":", "{\"a\":\n", "{\"a\":[\n", "{\n", "[\n", "{},\n", "[{\n", "{\"a\":[1,\n", "\"", "\\",
    "{\"a\":\"\n", "{\n\"a\":[\n{},\n", " ",
    "\n", "{\"a\":[\n1,\n", "},{", "[1,", "\u{FEFF}",
  ])
  func hostileBatchesTakeLinearTime(unit: String) {
    let text = Array(String(repeating: unit, count: 4_000_000 / unit.utf8.count).utf8)
    var splitter = QuestionSplitter()
    let start = ContinuousClock.now
    var count = 0
    for chunk in stride(from: 0, to: text.count, by: 1 << 16) {
      let found = splitter.take(text[chunk..<min(text.count, chunk + 1 << 16)])
      count += found.count
      #expect(found.allSatisfy { $0.text.count <= QuestionSplitter.longest + (1 << 16) })
    }
    count += splitter.finish().count
    #expect(ContinuousClock.now - start < .seconds(120), "\(count) questions")
  }

  @Test func csvIsTold() {
    for text in ["shape,batch", "\"shape\";\"batch\"", "ViT-B/16,8", "width\tdepth", "\u{FEFF}shape,batch\r"] {
      #expect(Question(line: 1, text: Array(text.utf8)).isCSV, "\(text)")
    }
    for text in ["{\"a\": 1, \"b\": 2}", "[1, 2]", "shape: a, b", "no", "", "{", "a = 1, b"] {
      #expect(!Question(line: 1, text: Array(text.utf8)).isCSV, "\(text)")
    }
  }
}
