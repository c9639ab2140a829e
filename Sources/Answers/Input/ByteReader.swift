import Foundation
import WorkerProcess

/// Bytes of a file or of standard input, as they arrive.
struct ByteReader: ~Copyable {
  /// The input's name in errors.
  let name: String
  /// The file descriptor; negative if the bytes are in memory.
  private let descriptor: Int32
  private var bytes: [UInt8] = []
  private let stop: WorkerStopSignal

  /// Opens `path`; `-` is standard input.
  ///
  /// - Throws: `AnswerError` for a file that is missing, a directory, or unreadable.
  init(path: String, stop: WorkerStopSignal) throws {
    self.stop = stop
    name = path == "-" ? "standard input" : path
    descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw AnswerError(.badData, "\(name) cannot be read: \(Self.reason(errno))") }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw AnswerError(.badData, "\(name) is a directory; give a file with one JSON object a line")
    }
  }

  /// Reads bytes in memory, called `name` in errors.
  init(_ bytes: [UInt8], name: String, stop: WorkerStopSignal) {
    self.stop = stop
    self.name = name
    self.bytes = bytes
    descriptor = -1
  }

  deinit {
    if descriptor > 0 { close(descriptor) }
  }

  /// The next bytes; nil at the end, or after a stop signal while waiting. `beforeWaiting` is called before every read.
  ///
  /// - Throws: `AnswerError` if reading fails, and errors from `beforeWaiting`.
  mutating func next(beforeWaiting: () throws -> Void) throws -> [UInt8]? {
    guard descriptor >= 0 else {
      try beforeWaiting()
      defer { bytes = [] }
      return bytes.isEmpty || stop.isRequested() ? nil : bytes
    }
    while true {
      try beforeWaiting()
      if stop.comes(beforeInputOf: descriptor) { return nil }
      var failure: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { bytes, count in
        let read = read(descriptor, bytes.baseAddress, bytes.count)
        if read < 0 { failure = errno }
        count = max(0, read)
      }
      if failure == EINTR { continue }
      guard failure == 0 else { throw AnswerError(.badData, "\(name) cannot be read: \(Self.reason(failure))") }
      return bytes.isEmpty ? nil : bytes
    }
  }

  private static func reason(_ code: Int32) -> String {
    switch code {
    case ENOENT: "there is no such file"
    case EACCES: "no permission"
    default: String(cString: strerror(code))
    }
  }
}
