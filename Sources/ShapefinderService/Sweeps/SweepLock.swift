import Foundation

/// The lock of the one service that runs the sweeps of a store: a file beside the store, removed when the lock is
/// released.
///
/// Source: flock(2): the kernel drops the lock of a process that has ended, so that a leftover file blocks nobody.
final class SweepLock {
  private let path: String
  private let descriptor: Int32

  private init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit {
    unlink(path)
    close(descriptor)
  }

  /// Takes the lock of a store; nil while another process has it.
  static func take(for store: String) -> SweepLock? {
    let path = store + "-sweeps"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    var locked = stat(), standing = stat()
    // A file that its holder has just removed does not count as a lock.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &locked) == 0, stat(path, &standing) == 0,
      locked.st_ino == standing.st_ino, locked.st_dev == standing.st_dev
    else {
      close(descriptor)
      return nil
    }
    return SweepLock(path: path, descriptor: descriptor)
  }
}
