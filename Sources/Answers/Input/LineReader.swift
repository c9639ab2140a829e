import WorkerProcess

/// Lines of a file or of standard input, in constant memory however long a line is.
struct LineReader: ~Copyable {
  /// Bytes of a line that are kept; the rest is read and dropped, so that one line is one answer.
  let longestLine: Int
  /// Whether the line that `next` last returned had a line break.
  private(set) var isWhole = true
  /// Number of the line that `next` last returned, from 1.
  private(set) var line = 0

  private var input: ByteReader
  private let stop: WorkerStopSignal
  private var buffer: [UInt8] = []
  private var position = 0

  /// Opens `path`; `-` is standard input.
  ///
  /// - Throws: `AnswerError` for a file that is missing, a directory, or unreadable.
  init(path: String, longestLine: Int, stop: WorkerStopSignal) throws {
    self.stop = stop
    self.longestLine = longestLine
    input = try ByteReader(path: path, stop: stop)
  }

  /// Reads lines from bytes in memory, called `name` in errors.
  init(_ bytes: [UInt8], name: String, longestLine: Int, stop: WorkerStopSignal) {
    self.stop = stop
    self.longestLine = longestLine
    input = ByteReader(bytes, name: name, stop: stop)
  }

  /// The next line without its line break; nil at the end, or after a stop signal while waiting. `beforeWaiting` is
  /// called before every read.
  ///
  /// - Throws: `AnswerError` if reading fails, and errors from `beforeWaiting`.
  mutating func next(beforeWaiting: () throws -> Void) throws -> [UInt8]? {
    var text: [UInt8] = []
    while true {
      if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
        keep(buffer[position..<end], in: &text)
        position = end + 1
        line += 1
        return text
      }
      keep(buffer[position...], in: &text)
      buffer = try input.next(beforeWaiting: beforeWaiting) ?? []
      position = 0
      if buffer.isEmpty {
        guard !text.isEmpty, !stop.isRequested() else { return nil }
        line += 1
        isWhole = false
        return text
      }
    }
  }

  private func keep(_ bytes: ArraySlice<UInt8>, in text: inout [UInt8]) {
    text += bytes.prefix(max(0, longestLine - text.count))
  }
}
