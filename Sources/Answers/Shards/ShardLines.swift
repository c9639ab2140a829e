import Catalog
import Evidence
import Foundation
import VisionTransformer

/// The lines of a sweep's evidence files, each with its place; nothing is decoded but what sorts them.
struct ShardLines {
  /// A file in memory as the system maps it.
  struct File {
    /// The path.
    var path: String
    /// Its bytes.
    var data: Data
  }

  /// The files, in the order of their names.
  let files: [File]
  /// Files whose last line was cut off, or is being written.
  private(set) var torn: [String] = []
  /// Lines that are neither results nor failures.
  private(set) var foreign = 0

  /// The files of a folder.
  ///
  /// - Throws: `AnswerError` for a file that cannot be read.
  init(_ folder: String) throws(AnswerError) {
    var files: [File] = []
    for path in ShardFolder.files(folder) {
      do {
        files.append(File(path: path, data: try Data(contentsOf: URL(filePath: path), options: .alwaysMapped)))
      } catch {
        // A journal goes when its task ends.
        if (error as? CocoaError)?.code == .fileReadNoSuchFile { continue }
        throw AnswerError(.init(errno: EIO), "\(path) cannot be read: \(error.localizedDescription)")
      }
    }
    self.files = files
  }

  /// Calls `body` with each line, the index of its file, and its range in that file.
  mutating func walk(
    _ context: AnswerContext, _ body: (EvidenceLine, Int, Range<Int>) throws -> Void
  ) throws {
    let reader = ConfigurationReader(directory: context.catalog)
    var memory = EvidenceLine.Memory()
    for (index, file) in files.enumerated() {
      if context.stop.isRequested() { throw AnswerError(.interrupted, "interrupted: nothing was changed") }
      try file.data.withUnsafeBytes { bytes in
        var start = 0
        while start < bytes.count, let base = bytes.baseAddress?.advanced(by: start) {
          let rest = bytes.count - start
          let found = memchr(base, Int32(UInt8(ascii: "\n")), rest).map { UnsafeRawPointer($0) - base }
          let range = start..<(start + (found ?? rest))
          start = range.upperBound + 1
          guard !range.isEmpty else { continue }
          if let line = EvidenceLine.read(UnsafeRawBufferPointer(rebasing: bytes[range]), &memory, reader) {
            try body(line, index, range)
          } else if found == nil {
            torn.append(file.path)
          } else {
            foreign += 1
          }
        }
      }
    }
  }
}
