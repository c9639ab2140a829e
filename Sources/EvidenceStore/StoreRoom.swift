import Foundation
import VisionTransformer

extension EvidenceStore {
  /// The least free space on a store's disk: the size of two full write-ahead logs.
  public static let leastRoom = Bytes(64 << 20)

  /// The free space that this process may use on the disk of a folder; nil if unknown.
  ///
  /// Source: statvfs(3).
  public static func freeSpace(inFolder folder: String) -> Bytes? {
    var status = statvfs()
    guard statvfs(folder, &status) == 0 else { return nil }
    let (bytes, isTooLarge) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
    return Bytes(isTooLarge ? .max : bytes)
  }

  /// Checks that a store has room for more: that its file and its folder can be written, and that the disk has space.
  /// Writes a few kibibytes to an unnamed file beside the store, so that a quota and a failing disk are found too.
  ///
  /// - Parameters:
  ///   - path: the store's file, which need not exist yet.
  ///   - makesFolder: whether a missing folder would be created.
  ///   - least: the space that must be free.
  ///   - freeSpace: returns the free space on a folder's disk.
  /// - Throws: `StoreError`.
  public static func checkRoom(
    at path: String, makesFolder: Bool = false, least: Bytes = leastRoom,
    freeSpace: (String) -> Bytes? = freeSpace
  ) throws(StoreError) {
    let files = FileManager.default
    let isThere = files.fileExists(atPath: path)
    // The log of a linked store is beside the link's destination.
    let place = isThere ? URL(filePath: path).resolvingSymlinksInPath() : URL(filePath: path)
    var folder = place.deletingLastPathComponent().path(percentEncoded: false)
    while makesFolder, folder != "/", !files.fileExists(atPath: folder) {
      folder = URL(filePath: folder).deletingLastPathComponent().path(percentEncoded: false)
    }
    if isThere, !files.isWritableFile(atPath: path) { throw .notWritable(path: path) }
    if let left = freeSpace(folder), left < least { throw .noRoom(path: path, left: left, least: least) }
    let code = writeProbe(folder)
    switch code {
    case 0: return
    case ENOSPC, EDQUOT, EFBIG: throw .noRoom(path: path, left: .zero, least: least)
    case EROFS, EACCES, EPERM: throw .notWritable(path: path)
    case ENOENT, ENOTDIR: throw .cannotOpen(path: path, detail: "there is no folder \(folder)")
    default: throw .failure(path: path, detail: String(cString: strerror(code)))
    }
  }
}

/// Writes a page to a file that is deleted immediately.
///
/// - Returns: the error code; 0 for success.
private func writeProbe(_ folder: String) -> Int32 {
  let path = folder + "/.shapefinder-room-\(UUID().uuidString)"
  let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
  guard file >= 0 else { return errno }
  unlink(path)
  defer { close(file) }
  let page = [UInt8](repeating: 0xA5, count: EvidenceStore.pageSize)
  var written = 0
  while written < page.count {
    let count = page[written...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return count < 0 ? errno : ENOSPC }
    written += count
  }
  return 0
}
