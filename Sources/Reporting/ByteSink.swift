#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A destination for bytes.
public protocol ByteSink {
  /// Writes all of `bytes`.
  ///
  /// - Throws: `OutputError` if they cannot be written.
  mutating func write(_ bytes: UnsafeRawBufferPointer) throws(OutputError)

  /// Whether the bytes go to a terminal, which obeys control characters.
  var isTerminal: Bool { get }
}

extension ByteSink {
  /// False for most sinks.
  public var isTerminal: Bool { false }
}

/// Why output could not be written.
public enum OutputError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The reader has left (`| head`): not an error, but nothing more can be written.
  case closed
  /// The system refused the write: `code` is `errno`, `reason` its text.
  case failed(code: Int32, reason: String)
  /// An error record was written to a CSV whose header lacks the `error` column (`RowWriter(…, expectsErrors: true)`
  /// adds it).
  case noErrorColumn(String)

  /// One line for people.
  public var description: String {
    switch self {
    case .closed: "the reader of the output has gone"
    case .failed(_, let reason): "cannot write the output: \(reason)"
    case .noErrorColumn(let message): "no column for the error: \(message)"
    }
  }
}

/// A file descriptor, such as 1 for standard output.
public struct FileDescriptorSink: ByteSink, Sendable {
  private let descriptor: Int32

  /// Writes to `descriptor`, which stays open.
  public init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// Whether the descriptor is a terminal.
  public var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Standard output.
  public static let standardOutput = FileDescriptorSink(1)
  /// Standard error.
  public static let standardError = FileDescriptorSink(2)

  /// Makes writes to a closed pipe throw `OutputError.closed` instead of killing the process. Call it once at the
  /// start.
  public static func reportClosedPipes() { signal(SIGPIPE, SIG_IGN) }

  /// Writes all of `bytes`, however many calls that takes.
  ///
  /// - Throws: `OutputError.closed` if the reader has left, `.failed` for anything else.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest)
      #if canImport(Glibc)
        let written = Glibc.write(descriptor, part.baseAddress, part.count)
      #elseif canImport(Musl)
        let written = Musl.write(descriptor, part.baseAddress, part.count)
      #else
        let written = Darwin.write(descriptor, part.baseAddress, part.count)
      #endif
      if written > 0 {
        rest = rest.dropFirst(written)
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        // A parent may have set a terminal or pipe to non-blocking: wait until it accepts more.
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&request, 1, -1)
      case EPIPE: throw .closed
      case let code: throw .failed(code: code, reason: String(cString: strerror(code)))
      }
    }
  }
}

/// Bytes kept in memory.
public final class MemorySink: ByteSink {
  /// What was written.
  public private(set) var bytes: [UInt8] = []

  /// An empty sink.
  public init() {}

  /// Appends `bytes`.
  public func write(_ bytes: UnsafeRawBufferPointer) { self.bytes.append(contentsOf: bytes) }

  /// What was written, as text.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}
