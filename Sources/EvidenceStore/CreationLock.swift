import Foundation

/// A lock held by the one process that creates or upgrades a store: a file beside it, removed on release.
///
/// SQLite's own locks last for one transaction, and creating a store takes several.
/// Source: flock(2): the kernel drops the lock of a dead process, so that a leftover file blocks nobody.
struct CreationLock: ~Copyable {
  private let path: String
  private let descriptor: Int32

  private init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  deinit {
    // Unlinked while locked: a process that waits for this file sees that it is gone, and takes the next one.
    unlink(path)
    close(descriptor)
  }

  /// Whether a process holds the lock of `store`, or left its file behind.
  static func exists(for store: String) -> Bool { FileManager.default.fileExists(atPath: file(for: store)) }

  /// Waits for the lock of `store`; nil if no file can be made beside it, so that nobody can create a store there
  /// either.
  ///
  /// - Throws: `StoreError.busy` if another process keeps it longer than a connection waits.
  static func take(for store: String) throws(StoreError) -> CreationLock? {
    let path = file(for: store)
    let deadline = ContinuousClock.now + .seconds(EvidenceStore.busyTimeout)
    while true {
      let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { return nil }
      while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        guard errno == EWOULDBLOCK || errno == EINTR else {
          close(descriptor)
          return nil
        }
        guard ContinuousClock.now < deadline else {
          close(descriptor)
          throw .busy(path: store)
        }
        usleep(2000)
      }
      var locked = stat(), standing = stat()
      if fstat(descriptor, &locked) == 0, stat(path, &standing) == 0, locked.st_ino == standing.st_ino,
        locked.st_dev == standing.st_dev
      {
        return CreationLock(path: path, descriptor: descriptor)
      }
      close(descriptor)
    }
  }

  private static func file(for store: String) -> String { store + "-lock" }
}
