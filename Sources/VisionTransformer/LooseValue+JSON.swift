/// Why a text is not JSON, and where.
public struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Line of the offending character, from 1; nil if the whole text is at fault.
  public var line: Int?
  /// Column of the offending character, from 1; nil if the whole text is at fault.
  public var column: Int?
  /// What is wrong.
  public var problem: String

  /// An error.
  public init(line: Int? = nil, column: Int? = nil, problem: String) {
    self.line = line
    self.column = column
    self.problem = problem
  }

  /// `column 17: expected a comma or "}"`; beyond the first line, `line 3, column 17: ...`.
  public var description: String {
    guard let line, let column else { return problem }
    return (line > 1 ? "line \(line), " : "") + "column \(column): \(problem)"
  }
}

extension LooseValue {
  /// Default limit on the length of a JSON text, in bytes.
  public static let longestJSON = 1 << 20
  /// Limit on the nesting of lists and objects.
  public static let deepestJSON = 32

  /// Reads one JSON value (RFC 8259), strictly: duplicate keys, numbers beyond the range of a double, nesting deeper
  /// than 32 and text after the value are errors. Whole numbers are exact.
  ///
  /// Written here because Foundation's decoder lacks four things: speed for batches of millions of lines, the column in
  /// errors, the rejection of duplicate keys, and telling 8.00000000000000000001 from 8.
  ///
  /// - Throws: `JSONSyntaxError`.
  public init(json bytes: some Collection<UInt8>, atMost longest: Int = Self.longestJSON) throws(JSONSyntaxError) {
    guard bytes.count <= longest else { throw JSONSyntaxError(problem: "is longer than \(Bytes(longest))") }
    var scanner = JSONScanner(bytes)
    try scanner.checkEncoding()
    scanner.skipByteOrderMark()
    self = try scanner.value(depth: 0)
    scanner.skipBlanks()
    guard scanner.isAtEnd else { throw scanner.error("expected \(scanner.end)") }
  }

  /// Reads one JSON value; see `init(json:)` over bytes.
  ///
  /// - Throws: `JSONSyntaxError`.
  public init(json text: String) throws(JSONSyntaxError) { try self.init(json: text.utf8) }
}

/// A recursive descent over the bytes of one JSON text.
private struct JSONScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: some Collection<UInt8>) { self.bytes = Array(bytes) }

  var isAtEnd: Bool { position == bytes.count }
  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  func error(_ problem: String, at offset: Int? = nil) -> JSONSyntaxError {
    let before = bytes[..<min(offset ?? position, bytes.count)]
    let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    return JSONSyntaxError(
      line: 1 + before.count { $0 == 0x0A }, column: 1 + before[start...].count { $0 & 0xC0 != 0x80 }, problem: problem)
  }

  /// What an error message calls the end of the input.
  var end: String { bytes.contains(0x0A) ? "the end of the text" : "the end of the line" }

  func checkEncoding() throws(JSONSyntaxError) {
    if String(validating: bytes, as: UTF8.self) == nil { throw JSONSyntaxError(problem: "is not UTF-8") }
  }

  mutating func skipByteOrderMark() {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  mutating func value(depth: Int) throws(JSONSyntaxError) -> LooseValue {
    skipBlanks()
    guard let next else { throw error("expected a value, found \(end)") }
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw noValue
    }
  }

  private var noValue: JSONSyntaxError {
    error("expected a value: an object, a list, text in double quotes, a number, true, false or null")
  }

  private mutating func word(_ word: String, _ value: LooseValue) throws(JSONSyntaxError) -> LooseValue {
    guard bytes[position...].starts(with: word.utf8) else { throw noValue }
    position += word.utf8.count
    return value
  }

  private mutating func descend(_ depth: Int) throws(JSONSyntaxError) {
    guard depth < LooseValue.deepestJSON else { throw error("nested deeper than \(LooseValue.deepestJSON)") }
    position += 1
    skipBlanks()
  }

  private mutating func object(depth: Int) throws(JSONSyntaxError) -> LooseValue {
    try descend(depth)
    var object: [String: LooseValue] = [:]
    if take(UInt8(ascii: "}")) { return .object(object) }
    while true {
      skipBlanks()
      let start = position
      guard next == UInt8(ascii: "\"") else { throw error("expected a key in double quotes") }
      let key = try string()
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw error("expected \":\" after a key") }
      let value = try value(depth: depth + 1)
      guard object.updateValue(value, forKey: key) == nil else {
        throw error("the key \"\(excerpt(of: key))\" stands twice", at: start)
      }
      skipBlanks()
      if take(UInt8(ascii: "}")) { return .object(object) }
      guard take(UInt8(ascii: ",")) else { throw error("expected a comma or \"}\"") }
    }
  }

  private mutating func array(depth: Int) throws(JSONSyntaxError) -> LooseValue {
    try descend(depth)
    var values: [LooseValue] = []
    if take(UInt8(ascii: "]")) { return .array(values) }
    while true {
      values.append(try value(depth: depth + 1))
      skipBlanks()
      if take(UInt8(ascii: "]")) { return .array(values) }
      guard take(UInt8(ascii: ",")) else { throw error("expected a comma or \"]\"") }
    }
  }

  private mutating func digits() throws(JSONSyntaxError) {
    guard let byte = next, (0x30...0x39).contains(byte) else { throw error("expected a digit") }
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
  }

  private mutating func number() throws(JSONSyntaxError) -> LooseValue {
    let start = position
    var isWhole = true
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    if let byte = next, (0x30...0x39).contains(byte) { throw error("a number does not begin with 0", at: start) }
    if take(UInt8(ascii: ".")) {
      isWhole = false
      try digits()
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isWhole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    // Nearly all numbers are short and whole.
    if isWhole, let value = Int(text) { return .integer(value) }
    guard let value = LooseValue(digits: text) else { throw error("a number beyond 1.8e308", at: start) }
    return value
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    let open = position
    position += 1
    var run = position
    var text = ""
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        text += String(decoding: bytes[run..<position], as: UTF8.self)
        position += 1
        return text
      case UInt8(ascii: "\\"):
        text += String(decoding: bytes[run..<position], as: UTF8.self)
        position += 1
        text.unicodeScalars.append(try escape())
        run = position
      case 0..<0x20: throw error("a control character in text; write it as an escape such as \\n")
      default: position += 1
      }
    }
    throw error("text without a closing quote", at: open)
  }

  private mutating func escape() throws(JSONSyntaxError) -> Unicode.Scalar {
    guard let byte = next else { throw error("text without a closing quote") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let start = position - 2
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw error("half of a surrogate pair", at: start) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw error("half of a surrogate pair", at: start) }
      return scalar
    default: throw error("an unknown escape", at: position - 2)
    }
  }

  private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("expected four hexadecimal digits after \\u")
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }
}
