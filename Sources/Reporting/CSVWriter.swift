import VisionTransformer

/// Appends CSV records to a byte buffer.
///
/// `CSVReader` restores exactly what was written: empty text is quoted, and unknown values are not. Source: RFC 4180:
/// records end in CRLF; fields with a comma, a quote or a line break are quoted, quotes doubled.
public struct CSVWriter: Sendable {
  /// What was written.
  public private(set) var bytes: [UInt8] = []
  private var startsRecord = true
  private let isShown: Bool

  /// An empty writer.
  ///
  /// - Parameter isShown: whether it goes to a terminal; texts are then made visible and are no longer exact.
  public init(isShown: Bool = false) { self.isShown = isShown }

  /// Discards the bytes but keeps the buffer's capacity.
  public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  /// What was written, as text.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Ends the record.
  public mutating func endRecord() {
    bytes.append(UInt8(ascii: "\r"))
    bytes.append(UInt8(ascii: "\n"))
    startsRecord = true
  }

  /// Writes the next field; unknown values and numbers that are not finite become empty.
  public mutating func field(_ value: MachineValue) {
    separate()
    switch value {
    case .null: break
    case .boolean(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): bytes.appendDecimal(value)
    case .number(let value): if value.isFinite { bytes.appendShortest(value) }
    case .text(let text): append(text)
    case .list(let values): if !values.isEmpty { append(CSVList.text(values.map(Self.plain))) }
    }
  }

  private mutating func separate() {
    if !startsRecord { bytes.append(UInt8(ascii: ",")) }
    startsRecord = false
  }

  private mutating func append(_ text: String) {
    let text = isShown ? visible(text) : text
    let special = text.utf8.contains { byte in
      byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == 0x0A || byte == 0x0D
    }
    guard special || text.isEmpty else { return bytes.append(contentsOf: text.utf8) }
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") { bytes.append(byte) }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func plain(_ value: MachineValue) -> String {
    var inner = CSVWriter()
    if case .text(let text) = value { return text }
    inner.field(value)
    return inner.text
  }
}

/// Several texts in one field: `not yet validated; stopped early`. A semicolon within a text is escaped with a
/// backslash, and so is a backslash before either.
enum CSVList {
  static func text(_ elements: [String]) -> String { elements.map(escaped).joined(separator: "; ") }

  /// The texts of a field. A semicolon without a blank after it is literal.
  static func elements(_ field: String) -> [String] {
    var elements: [String] = [], element = String.UnicodeScalarView()
    var rest = field.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch (scalar, rest.first) {
      case ("\\", ";"?), ("\\", "\\"?): element.append(rest.removeFirst())
      case (";", " "?):
        rest.removeFirst()
        elements.append(String(element))
        element = String.UnicodeScalarView()
      default: element.append(scalar)
      }
    }
    return elements + [String(element)]
  }

  private static func escaped(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: "\\") }) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == ";" || scalar == "\\" { result.append("\\") }
      result.append(scalar)
    }
    return String(result)
  }
}
