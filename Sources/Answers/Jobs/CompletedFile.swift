import Foundation
import Reporting

/// A file that exists with all of its content, or not at all.
package enum CompletedFile {
  /// Writes to a file beside `path`, and renames it to `path` at the end.
  ///
  /// - Throws: `AnswerError` if it cannot be written; errors from `body`.
  package static func write(_ path: String, _ body: (FileDescriptorSink) throws -> Void) throws {
    let partial = path + ".partial"
    func failure() -> AnswerError {
      AnswerError(.failure, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
    let isRegular =
      (try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType) ?? .typeRegular
    // A device or a pipe is written directly, not replaced.
    let target = isRegular == .typeRegular ? partial : path
    let descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure() }
    do {
      try body(FileDescriptorSink(descriptor))
      guard close(descriptor) == 0 else { throw failure() }
      if target == partial, rename(partial, path) != 0 { throw failure() }
    } catch {
      close(descriptor)
      if target == partial { unlink(partial) }
      throw error
    }
  }
}
