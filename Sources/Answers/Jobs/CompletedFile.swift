import EvidenceStore
import Evidence
import Foundation
import Reporting

/// A file that exists with all of its content, or not at all.
package enum CompletedFile {
  /// Writes to a file beside `path`, and renames it to `path` at the end.
  ///
  /// - Throws: `AnswerError` if it cannot be written; errors from `body`.
  package static func write<Value>(_ path: String, _ body: (FileDescriptorSink) throws -> Value) throws -> Value {
    // Two tasks on two machines may write the same file at once.
    let partial = "\(path).\(RunDescription.thisHost)-\(getpid()).partial"
    func failure() -> AnswerError {
      AnswerError(.init(errno: errno), "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
    let isRegular =
      (try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType) ?? .typeRegular
    // A device or a pipe is written directly, not replaced.
    let target = isRegular == .typeRegular ? partial : path
    let descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure() }
    do {
      let value = try body(FileDescriptorSink(descriptor))
      // A file that has its name has its content, even after a power cut; what cannot be synchronized is no file.
      if target == partial, fsync(descriptor) != 0, errno != EINVAL { throw failure() }
      guard close(descriptor) == 0 else { throw failure() }
      if target == partial, rename(partial, path) != 0 { throw failure() }
      return value
    } catch {
      close(descriptor)
      if target == partial { unlink(partial) }
      throw error
    }
  }

  /// Makes the folder of a file, if necessary.
  ///
  /// - Throws: `AnswerError` if it cannot be made.
  package static func makeFolder(of path: String) throws(AnswerError) {
    let folder = URL(filePath: path).deletingLastPathComponent()
    do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
      throw AnswerError(.failure, "\(folder.path(percentEncoded: false)) cannot be made: \(error.localizedDescription)")
    }
  }

  /// Writes a text to a file and makes the folder that it is in, if necessary. A file that has this text already is left
  /// alone, so that nothing that is built from it is built again.
  ///
  /// - Parameter hint: What to do if it cannot be written.
  /// - Throws: `AnswerError` if it cannot be written.
  package static func write(_ text: String, to path: String, hint: String = "") throws {
    do {
      let url = URL(filePath: path)
      try makeFolder(of: path)
      let isRegular = try? url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile
      if isRegular == true, try Data(contentsOf: url) == Data(text.utf8) { return }
      try write(path) { try $0.write(text: text) }
    } catch let error as AnswerError {
      throw AnswerError(error.kind, (error.message ?? path) + hint)
    } catch {
      throw AnswerError(.failure, "\(path) cannot be written: \(error.localizedDescription)\(hint)")
    }
  }
}
