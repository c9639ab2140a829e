import VisionTransformer

/// Splits a text into questions in constant memory: one JSON object on each line, objects over several lines, or one
/// list of objects.
///
/// An invalid line is a question of its own, and so is each line after one that was cut off, so that an error never
/// costs another question its answer. Only an object that begins with a line `{`, as programs print them, stays one
/// question even if it is invalid.
public struct QuestionSplitter: Sendable {
  private enum Mode: Sendable { case start, lines, list(QuestionList) }
  private typealias Line = Question

  private var mode = Mode.start
  /// The current, incomplete line; bytes beyond the longest text are dropped.
  private var text: [UInt8] = []
  /// Number of the current line.
  private var number = 1
  /// Lines of an object that is not complete yet.
  private var gathered: [Line] = []
  private var gatheredBytes = 0
  private var follower = JSONFollower()
  /// Whether the gathered object is invalid, so that only its end is looked for.
  private var isSkipping = false
  /// Whether every question so far was on one line.
  public private(set) var isOneALine = true

  /// Bytes of a question that are kept: one more than the parser accepts.
  static let longest = LooseValue.longestJSON + 1

  /// A splitter at the start of the text.
  public init() {}

  /// Consumes bytes and returns the questions that they complete.
  public mutating func take(_ bytes: some Sequence<UInt8>) -> [Question] {
    var found: [Question] = []
    var bytes = bytes.makeIterator()
    while let byte = bytes.next() {
      switch mode {
      case .start: start(byte, &found)
      case .lines: takeInLine(byte, &found)
      case .list(var list):
        // Moved out, so that its text is not copied for every byte.
        mode = .lines
        var next: UInt8? = byte
        while let byte = next, list.take(byte, &found) { next = bytes.next() }
        if next == nil { mode = .list(list) } else { number = list.line }
      }
    }
    return found
  }

  private mutating func start(_ byte: UInt8, _ found: inout [Question]) {
    let isMark = text.count < 3 && [0xEF, 0xBB, 0xBF].starts(with: text + [byte])
    if byte == UInt8(ascii: "[") {
      mode = .list(QuestionList(line: number))
      text = []
      isOneALine = false
      return
    }
    if !isMark, !Question.isBlank(byte) { mode = .lines }
    takeInLine(byte, &found)
  }

  private mutating func takeInLine(_ byte: UInt8, _ found: inout [Question]) {
    if byte == 0x0A { return endLine(&found) }
    if text.count < Self.longest { text.append(byte) }
  }

  /// The questions that the end of the text completes.
  public mutating func finish() -> [Question] {
    var found: [Question] = []
    if case .list(var list) = mode {
      list.finish(&found)
      mode = .lines
    }
    if !text.isEmpty { endLine(&found) }
    while !gathered.isEmpty { giveUp(nil, &found) }
    return found
  }

  // MARK: - Lines

  private mutating func endLine(_ found: inout [Question]) {
    let line = Line(line: number, text: text)
    text = []
    number += 1
    offer(line, &found)
  }

  /// Adds a line to the gathered object, or makes it a question.
  private mutating func offer(_ line: Line, _ found: inout [Question]) {
    guard !gathered.isEmpty else { return begin(line, &found) }
    let opens = line.text.first == UInt8(ascii: "{") || line.text.first == UInt8(ascii: "[")
    if isSkipping {
      if opens { return giveUp(line, &found) }
      follower.take(line.text)
      follower.take(0x0A)
      gather(line)
      if follower.depth == 0 { emit(&found) }
      return
    }
    var next = follower
    next.take(line.text)
    next.take(0x0A)
    let isTooLong = gatheredBytes + line.text.count > Self.longest
    if next.isBroken || isTooLong {
      guard isPrinted, gathered.count > 1, !opens else { return giveUp(line, &found) }
      isSkipping = true
    }
    follower = next
    gather(line)
    if isSkipping ? follower.depth == 0 : follower.isWhole { emit(&found) }
  }

  private mutating func begin(_ line: Line, _ found: inout [Question]) {
    guard let first = Question.firstByte(line.text) else { return }
    if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
      follower = JSONFollower()
      follower.take(Question.withoutMark(line.text))
      follower.take(0x0A)
      if !follower.isBroken, !follower.isWhole, line.text.count < Self.longest { return gather(line) }
      if follower.isBroken, let several = Self.objects(of: line) { return found += several }
    }
    found.append(line)
  }

  /// The objects of a line that holds several, one after another: `{…} {…}`; nil for any other line.
  private static func objects(of line: Line) -> [Question]? {
    var found: [Question] = [], object: [UInt8] = [], follower = JSONFollower()
    for byte in Question.withoutMark(line.text) {
      if object.isEmpty {
        if Question.isBlank(byte) { continue }
        guard byte == UInt8(ascii: "{") else { return nil }
      }
      object.append(byte)
      follower.take(byte)
      if follower.isBroken { return nil }
      guard follower.isWhole else { continue }
      found.append(Question(line: line.line, text: object))
      object = []
      follower = JSONFollower()
    }
    return object.isEmpty && found.count > 1 ? found : nil
  }

  private mutating func gather(_ line: Line) {
    // Bytes beyond the longest text are never parsed.
    guard gatheredBytes <= Self.longest else { return }
    gathered.append(line)
    gatheredBytes += line.text.count + 1
  }

  /// Whether the gathered object begins as programs print one: with a line that holds only its bracket.
  private var isPrinted: Bool {
    guard let first = gathered.first?.text, first.count < 80 else { return false }
    return Question.withoutMark(first).filter { !Question.isBlank($0) } == [UInt8(ascii: "{")]
  }

  /// Makes the gathered lines one question.
  private mutating func emit(_ found: inout [Question]) {
    if let first = gathered.first {
      isOneALine = false
      found.append(Question(line: first.line, text: Array(gathered.map(\.text).joined(separator: [0x0A]))))
    }
    clear()
  }

  private mutating func clear() {
    gathered = []
    gatheredBytes = 0
    isSkipping = false
  }

  /// Gives up the gathered object: its first line becomes a question, and all later ones, `line` last, are examined on
  /// their own.
  private mutating func giveUp(_ line: Line?, _ found: inout [Question]) {
    var waiting: [Line] = []
    if isPrinted, gathered.count > 1 {
      emit(&found)
    } else {
      waiting = gathered
      clear()
      if !waiting.isEmpty { found.append(waiting.removeFirst()) }
    }
    if let line { waiting.append(line) }
    // Recursion is only as deep as openings are nested.
    for line in waiting { offer(line, &found) }
  }
}
