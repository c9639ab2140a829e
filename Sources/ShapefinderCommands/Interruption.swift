import Foundation
import Synchronization

/// SIGINT and SIGTERM as a flag, for commands that finish their current work before they stop.
///
/// A second signal of the same kind ends the process at once.
enum Interruption {
  private static let flag = Atomic(false)
  private static let terminates = Atomic(false)
  /// The pipe's end that the handler writes to; -1 before `install()`.
  private static let alarm = Atomic<Int32>(-1)
  /// The pipe's end that readers of input also wait for; -1 before `install()`.
  private static let listener = Atomic<Int32>(-1)

  /// Whether a signal has come since `install()`.
  static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Whether the signal was SIGTERM: somebody takes the machine away, and nobody asked for less.
  static var isTermination: Bool { terminates.load(ordering: .relaxed) }

  /// A descriptor that becomes readable once a signal has come; -1 before `install()`.
  static var descriptor: Int32 { listener.load(ordering: .relaxed) }

  /// Catches the signals from now on.
  ///
  /// Unblocks them first: a program started from a dispatch or concurrency thread inherits a mask that blocks them.
  static func install() {
    // The flag is created here, because the handler must not allocate.
    flag.store(false, ordering: .relaxed)
    terminates.store(false, ordering: .relaxed)
    var ends: [Int32] = [-1, -1]
    if pipe(&ends) == 0 {
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      listener.store(ends[0], ordering: .relaxed)
      alarm.store(ends[1], ordering: .relaxed)
    }
    var caught = sigset_t()
    sigemptyset(&caught)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&caught, number)
      var action = sigaction()
      let handler: @convention(c) (Int32) -> Void = { Interruption.request($0) }
      #if canImport(Darwin)
        action.__sigaction_u.__sa_handler = handler
        action.sa_flags = Int32(SA_RESETHAND)
      #else
        action.__sigaction_handler.sa_handler = handler
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
      #endif
      sigaction(number, &action, nil)
    }
    pthread_sigmask(SIG_UNBLOCK, &caught, nil)
  }

  // Runs in the signal handler: stores and a write, which are safe there.
  private static func request(_ signal: Int32) {
    if signal == SIGTERM { terminates.store(true, ordering: .relaxed) }
    flag.store(true, ordering: .relaxed)
    let end = alarm.load(ordering: .relaxed)
    var byte: UInt8 = 0
    if end >= 0 { _ = write(end, &byte, 1) }
  }
}
