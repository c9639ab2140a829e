import Foundation

/// Lines of a file or of standard input, in constant memory however long a line is.
struct LineReader: ~Copyable {
  /// Bytes of a line that are kept; what is beyond is read and dropped, so that one line is one answer.
  let longestLine: Int
  /// Number of the line that `next` returned last, from 1.
  private(set) var line = 0

  private let descriptor: Int32
  private let name: String
  private var buffer: [UInt8] = []
  private var position = 0
  private var isAtEnd = false

  /// Opens `path`; `-` is standard input.
  ///
  /// - Throws: `CommandError` for a file that is missing, a directory, or unreadable.
  init(path: String, longestLine: Int) throws {
    self.longestLine = longestLine
    name = path == "-" ? "standard input" : path
    descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CommandError.badData("\(name) cannot be read: \(Self.reason(errno))") }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw CommandError.badData("\(name) is a directory; give a file with one JSON object a line")
    }
  }

  deinit {
    if descriptor > 0 { close(descriptor) }
  }

  /// The next line without its line break; nil at the end, or where a signal has come while it waited. `beforeWaiting` is
  /// called before every read.
  ///
  /// - Throws: `CommandError` when reading fails, and what `beforeWaiting` throws.
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
      position = buffer.count
      if isAtEnd {
        guard !text.isEmpty else { return nil }
        line += 1
        return text
      }
      try beforeWaiting()
      if Interruption.comes(beforeInputOf: descriptor) { return nil }
      try fill()
    }
  }

  private func keep(_ bytes: ArraySlice<UInt8>, in text: inout [UInt8]) {
    text += bytes.prefix(max(0, longestLine - text.count))
  }

  private mutating func fill() throws {
    let descriptor = descriptor
    var failure: Int32 = 0
    buffer = [UInt8](unsafeUninitializedCapacity: 1 << 16) { bytes, count in
      let read = read(descriptor, bytes.baseAddress, bytes.count)
      if read < 0 { failure = errno }
      count = max(0, read)
    }
    position = 0
    if failure == EINTR { return }
    guard failure == 0 else { throw CommandError.badData("\(name) cannot be read: \(Self.reason(failure))") }
    if buffer.isEmpty { isAtEnd = true }
  }

  private static func reason(_ code: Int32) -> String {
    switch code {
    case ENOENT: "there is no such file"
    case EACCES: "no permission"
    default: String(cString: strerror(code))
    }
  }
}
