/// One question of a batch before it is parsed: its text and its position.
public struct Question: Sendable, Hashable {
  /// Line of the input on which it begins, from 1.
  public var line: Int
  /// Place in a list, from 1; nil where there is none.
  public var item: Int?
  /// Its text; at most one byte more than the parser accepts.
  public var text: [UInt8]
  /// A problem in the text around it; nil if there is none.
  public var problem: String?

  /// A question.
  public init(line: Int, item: Int? = nil, text: [UInt8], problem: String? = nil) {
    self.line = line
    self.item = item
    self.text = text
    self.problem = problem
  }

  /// Its name in errors.
  var name: String { item != nil ? "this item" : text.contains(0x0A) ? "this object" : "this line" }

  /// The first byte of a line that is neither blank nor part of a byte order mark; nil for a blank line.
  static func firstByte(_ line: some Collection<UInt8>) -> UInt8? {
    withoutMark(line).first { !isBlank($0) }
  }

  /// A line without the byte order mark that some programs write at the start.
  static func withoutMark<Line: Collection<UInt8>>(_ line: Line) -> Line.SubSequence {
    line.starts(with: [0xEF, 0xBB, 0xBF]) ? line.dropFirst(3) : line[...]
  }

  /// Whether a byte is JSON whitespace.
  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

  /// Whether its text looks like the header or a record of a CSV file.
  public var isCSV: Bool {
    guard item == nil, let first = Self.firstByte(text), first != UInt8(ascii: "{"), first != UInt8(ascii: "[") else {
      return false
    }
    // Without the characters that separate keys from values in any other format of configurations.
    guard !text.contains(where: { ":={}[]".utf8.contains($0) }) else { return false }
    return text.contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") || $0 == 0x09 }
  }
}
