import Foundation
import Synchronization

/// SIGINT and SIGTERM as a flag, for commands that finish what they hold before they stop.
///
/// A second signal of the same kind ends the process at once.
enum Interruption {
  private static let flag = Atomic(false)

  /// Whether a signal has come since `install()`.
  static var isRequested: Bool { flag.load(ordering: .relaxed) }

  /// Catches the signals from now on. Blocking reads return with `EINTR`.
  ///
  /// Lets them through first: a program that was started from a dispatch or concurrency thread inherits a mask that blocks
  /// them.
  static func install() {
    // The flag is made here, so that the handler makes nothing.
    flag.store(false, ordering: .relaxed)
    var caught = sigset_t()
    sigemptyset(&caught)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&caught, number)
      var action = sigaction()
      let handler: @convention(c) (Int32) -> Void = { _ in Interruption.flag.store(true, ordering: .relaxed) }
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
}
