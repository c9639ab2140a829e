import Foundation

/// Held by the one service that does the sweeps of a store: a file beside the store, gone when it is released.
///
/// Source: flock(2): the kernel drops the lock of a process that is gone, so that a file left behind blocks nobody.
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

  /// The lock of a store; nil while another process has it.
  static func take(for store: String) -> SweepLock? {
    let path = store + "-sweeps"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    var locked = stat(), standing = stat()
    // A file that its holder has just removed is no lock.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &locked) == 0, stat(path, &standing) == 0,
      locked.st_ino == standing.st_ino, locked.st_dev == standing.st_dev
    else {
      close(descriptor)
      return nil
    }
    return SweepLock(path: path, descriptor: descriptor)
  }
}
