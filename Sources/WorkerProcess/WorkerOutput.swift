import Evidence
import Foundation

/// A worker's standard output, reserved for its events: whatever libraries print there goes to standard error instead.
public final class WorkerOutput {
  private let descriptor: Int32
  /// Whether the reader has left.
  public private(set) var isClosed = false

  /// Exit code of a worker whose parent is gone.
  public static let closedStatus: Int32 = 1

  /// Reserves standard output for events.
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
    // A parent that is gone needs no further events.
    if isClosed { exit(Self.closedStatus) }
  }
}
