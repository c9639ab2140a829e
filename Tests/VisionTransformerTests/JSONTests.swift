import Testing

@testable import VisionTransformer

@Suite struct JSONTests {
  @Test(arguments: [
    (#"null"#, LooseValue.null), (#" true "#, .boolean(true)), ("\u{FEFF}false\r\n", .boolean(false)),
    (#"-0"#, .integer(0)), (#"9223372036854775807"#, .integer(.max)),
    (#"9223372036854775808"#, .number(0x1p63, written: "9223372036854775808")),
    (#"1.5e-3"#, .number(0.0015)), (#"8.0"#, .integer(8)), (#"1e3"#, .integer(1000)), (#"-0.0e5"#, .integer(0)),
    (#"9007199254740993.0"#, .integer(9_007_199_254_740_993)),
    (
      #"9007199254740993.5"#, .number(9_007_199_254_740_994, written: "9007199254740993.5")
    ),
    (#"-9223372036854775808"#, .integer(.min)), (#"-922337203685477580800e-2"#, .integer(.min)),
    (#"8.00000000000000000001"#, .number(8, written: "8.00000000000000000001")),
    (#"0e99999999999999999999"#, .integer(0)),
    (#"1e-99999999999999999999"#, .number(0, written: "1e-99999999999999999999")),
    (
      #"{"a": [1, "b", {}], "c": null}"#,
      .object(["a": .array([.integer(1), .string("b"), .object([:])]), "c": .null])
    ),
    (#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#, .string("\"\\/\u{8}\u{c}\n\r\té😀é")),
    (#"[[],[ ]]"#, .array([.array([]), .array([])])),
  ])
  func valuesAreRead(json: String, value: LooseValue) throws {
    #expect(try LooseValue(json: json) == value)
  }

  /// One row a kind of broken JSON, with the column of the first character that cannot stand.
  @Test(arguments: [
    ("", 1, "end of the line"), ("{", 2, "key in double quotes"), (#"{"a""#, 5, "\":\""), (#"{"a":}"#, 6, "a value"),
    (#"{"a":1,}"#, 8, "key"), (#"{"a":1 "b":2}"#, 8, "comma"), (#"{a:1}"#, 2, "key"), ("[1,]", 4, "a value"),
    ("[1 2]", 4, "comma"), ("{} x", 4, "end of the line"), ("tru", 1, "true"), ("NaN", 1, "a value"),
    ("Infinity", 1, "a value"), ("-Infinity", 2, "digit"), ("01", 1, "begin with 0"), ("1.", 3, "digit"),
    ("1e", 3, "digit"), ("+1", 1, "a value"), ("1e999", 1, "1.8e308"), (#""a"#, 1, "closing quote"),
    (#""\x""#, 2, "escape"), (#""\u12"#, 6, "hexadecimal"), (#""\ud800""#, 2, "surrogate"),
    (#""\ud800\u0041""#, 2, "surrogate"), (#""\udc00""#, 2, "surrogate"), ("\"a\nb\"", 3, "control character"),
    (#"{"é": 1, "é": 2}"#, 10, "stands twice"), (#""é" x"#, 5, "end of the line"),
  ])
  func brokenJSONNamesTheColumn(json: String, column: Int, problem: String) throws {
    let error = try #require(throws: JSONSyntaxError.self) { try LooseValue(json: json) }
    #expect(error.column == column, "\(error)")
    #expect(error.problem.contains(problem), "\(error)")
  }

  @Test func nestingIsLimited() throws {
    let deep = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
    #expect(throws: Never.self) { try LooseValue(json: deep(32)) }
    let error = try #require(throws: JSONSyntaxError.self) { try LooseValue(json: deep(33)) }
    #expect(error.column == 33)
    #expect(throws: JSONSyntaxError.self) { try LooseValue(json: deep(400_000)) }
    #expect(throws: JSONSyntaxError.self) { try LooseValue(json: String(repeating: "{\"a\":", count: 100_000)) }
  }

  @Test func longTextsAreRefusedUnread() throws {
    let fits = "\"" + String(repeating: "a", count: (1 << 20) - 2) + "\""
    #expect(throws: Never.self) { try LooseValue(json: fits) }
    let error = try #require(throws: JSONSyntaxError.self) { try LooseValue(json: fits + " ") }
    #expect(error.description == "is longer than 1.00 MiB")
  }

  @Test(
    arguments: [[0xFF], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC0, 0x80, 0x22]] as [[UInt8]])
  func bytesThatAreNotUTF8AreRefused(bytes: [UInt8]) throws {
    let error = try #require(throws: JSONSyntaxError.self) { try LooseValue(json: bytes) }
    #expect(error == JSONSyntaxError(problem: "is not UTF-8"))
  }
}
