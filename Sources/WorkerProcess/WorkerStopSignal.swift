import Foundation

/// The signal that stops a parent while it waits for its worker.
public struct WorkerStopSignal: Sendable {
  /// A descriptor that becomes readable when the signal fires; -1 for none.
  public var descriptor: Int32
  /// Whether the signal has fired.
  public var isRequested: @Sendable () -> Bool

  /// A signal.
  public init(descriptor: Int32, isRequested: @escaping @Sendable () -> Bool) {
    self.descriptor = descriptor
    self.isRequested = isRequested
  }

  /// Waits until `input` is readable or at its end, or this signal fires at any moment.
  ///
  /// - Returns: whether the signal fired.
  public func comes(beforeInputOf input: Int32) -> Bool {
    var files = [descriptor, input].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while !isRequested(), poll(&files, nfds_t(files.count), -1) < 0, errno == EINTR {}
    return isRequested()
  }

  /// A signal that never fires.
  public static let never = WorkerStopSignal(descriptor: -1) { false }
}
