import Evidence
import Foundation

/// Standard output of a worker, which nothing but its events may reach: libraries that write to it reach standard error.
public final class WorkerOutput {
  private let descriptor: Int32
  /// Whether nobody reads any more.
  public private(set) var isClosed = false

  /// Exit code of a worker whose parent has gone.
  public static let closedStatus: Int32 = 1

  /// Takes standard output for events.
  public init() {
    descriptor = fcntl(1, F_DUPFD_CLOEXEC, 3)
    dup2(2, 1)
  }

  /// Writes one line.
  public func write(_ value: some Encodable) { write(WireJSON.text(value)) }

  /// Writes one line to standard error.
  public func remark(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

  private func write(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    var written = 0
    while written < bytes.count, !isClosed {
      let count = bytes[written...].withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 { written += count } else if errno != EINTR { isClosed = true }
    }
    // A parent that has gone wants no further events.
    if isClosed { exit(Self.closedStatus) }
  }
}
