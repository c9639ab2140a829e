import Foundation

/// How a parent is told to stop while it waits for its worker.
public struct WorkerStopSignal: Sendable {
  /// A descriptor that has something to read once it is to stop; -1 for none.
  public var descriptor: Int32
  /// Whether it is to stop.
  public var isRequested: @Sendable () -> Bool

  /// A signal.
  public init(descriptor: Int32, isRequested: @escaping @Sendable () -> Bool) {
    self.descriptor = descriptor
    self.isRequested = isRequested
  }

  /// Waits until `input` has something to read, or is at its end, or this one comes, at whatever moment that is.
  ///
  /// - Returns: Whether it is this one.
  public func comes(beforeInputOf input: Int32) -> Bool {
    var files = [descriptor, input].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while !isRequested(), poll(&files, nfds_t(files.count), -1) < 0, errno == EINTR {}
    return isRequested()
  }

  /// One that never comes.
  public static let never = WorkerStopSignal(descriptor: -1) { false }
}
