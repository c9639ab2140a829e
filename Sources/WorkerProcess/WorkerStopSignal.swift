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

  /// One that never comes.
  public static let never = WorkerStopSignal(descriptor: -1) { false }
}
