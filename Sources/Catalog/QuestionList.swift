/// Splits one JSON list into its items, byte by byte. An invalid item ends at the comma after it, or at the next line
/// that begins an object where none can stand.
struct QuestionList: Sendable {
  private enum State: Sendable { case beforeItem, inItem, afterItem }

  /// Line of the next byte.
  private(set) var line: Int
  private var state = State.beforeItem
  private var item = Question(line: 1, text: [])
  /// Number of items so far.
  private var count = 0
  private var follower = JSONFollower()
  private var isAtLineStart = false
  /// A problem found before the item.
  private var problem: String?

  /// A list whose opening bracket is on `line`.
  init(line: Int) { self.line = line }

  private static let separator = #"expected a comma or "]""#

  /// Consumes a byte; false if it ends the list.
  mutating func take(_ byte: UInt8, _ found: inout [Question]) -> Bool {
    if state == .inItem, isAtLineStart, byte == UInt8(ascii: "{"), !follower.takesValue {
      end(&found)
      state = .beforeItem
    }
    defer {
      if byte == 0x0A {
        line += 1
        isAtLineStart = true
      } else if !Question.isBlank(byte) {
        isAtLineStart = false
      }
    }
    switch state {
    case .inItem: return takeInItem(byte, &found)
    case _ where Question.isBlank(byte): return true
    case .beforeItem:
      if byte == UInt8(ascii: "]") {
        if count > 0 { add("expected an item after the comma", &found) }
        return false
      }
      if byte == UInt8(ascii: ",") {
        add("expected an item before the comma", &found)
        return true
      }
      begin(byte, &found)
    case .afterItem:
      if byte == UInt8(ascii: "]") { return false }
      if byte == UInt8(ascii: ",") {
        state = .beforeItem
      } else {
        // If every object starts its own line, each is a question, even without commas.
        if !isAtLineStart || byte != UInt8(ascii: "{") { problem = Self.separator + " before it" }
        begin(byte, &found)
      }
    }
    return true
  }

  /// Handles the end of the text within the list.
  mutating func finish(_ found: inout [Question]) {
    if state == .inItem {
      let isWhole = follower.isWhole
      end(&found)
      guard isWhole else { return }
    }
    add("the list is not closed: \(Self.separator)", &found)
  }

  private mutating func begin(_ byte: UInt8, _ found: inout [Question]) {
    count += 1
    item = Question(line: line, item: count, text: [], problem: problem)
    problem = nil
    follower = JSONFollower()
    state = .inItem
    _ = takeInItem(byte, &found)
  }

  private mutating func takeInItem(_ byte: UInt8, _ found: inout [Question]) -> Bool {
    let separates = follower.depth == 0 && !follower.isWithinText
    if separates, byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") {
      end(&found)
      state = .beforeItem
      return byte == UInt8(ascii: ",")
    }
    if item.text.count < QuestionSplitter.longest { item.text.append(byte) }
    follower.take(byte)
    // A closed item ends at once: a client may wait for its answer before it sends the comma.
    let closes = byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
    if closes, follower.depth == 0, !follower.isWithinText { end(&found) }
    return true
  }

  private mutating func end(_ found: inout [Question]) {
    while item.text.last.map(Question.isBlank) == true { item.text.removeLast() }
    found.append(item)
    item.text = []
    state = .afterItem
  }

  /// Adds an error in place of an item.
  private mutating func add(_ problem: String, _ found: inout [Question]) {
    count += 1
    found.append(Question(line: line, item: count, text: [], problem: problem))
  }
}
