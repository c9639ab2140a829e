import Catalog
import Evidence
import EvidenceStore
import Foundation
import Reporting
import VisionTransformer

/// The evidence file of one task: what a sweep finds goes there and not to a store, which tasks on several machines cannot
/// share.
///
/// Answers go at once to a journal beside the file, a line each, so that a task that is killed loses none that was finished.
/// `close` writes the file as a whole and renames it into place. The next task with the same file goes on from both.
package final class TaskFile {
  /// The path.
  package let path: String
  /// Answers that were added now.
  package private(set) var added = 0
  private let remark: @Sendable (String) -> Void
  private let reader: ConfigurationReader
  private let known: KnownAnswers
  private var lines: [(text: [UInt8], line: EvidenceLine?)] = []
  private var places: [EvidenceLine.Key: Int] = [:]
  private var adopted: [String] = []
  private let journal: String
  private var memory = EvidenceLine.Memory()
  private var descriptor: Int32 = -1

  /// The ending of a journal's name.
  static let journalEnding = ".journal"

  /// Opens the file of a task, with what earlier attempts at the same task have left there.
  ///
  /// - Parameters:
  ///   - path: the file, which need not exist.
  ///   - known: which earlier answers count.
  /// - Throws: `AnswerError` if it cannot be read.
  package init(_ path: String, known: KnownAnswers = KnownAnswers(), _ context: AnswerContext) throws(AnswerError) {
    self.path = path
    self.known = known
    remark = context.remark
    reader = ConfigurationReader(directory: context.catalog)
    // Two attempts at the same task may run at once, on two machines.
    journal = "\(path).\(RunDescription.thisHost)-\(getpid())\(Self.journalEnding)"
    try CompletedFile.makeFolder(of: path)
    try take(path)
    adopted = Self.journals(of: path)
    for file in adopted { try take(file) }
  }

  /// The journals beside a file.
  static func journals(of path: String) -> [String] {
    let url = URL(filePath: path), folder = url.deletingLastPathComponent()
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
    return names.filter { $0.hasPrefix(url.lastPathComponent + ".") && $0.hasSuffix(journalEnding) }.sorted()
      .map { folder.appending(path: $0).path(percentEncoded: false) }
  }

  /// An earlier answer for a configuration.
  package enum Known: Sendable {
    /// Evidence.
    case evidence(StepResult)
    /// No answer, with the reason.
    case failed(String)
  }

  /// The earlier answer for a configuration; nil if it must be found.
  ///
  /// - Parameters:
  ///   - provenance: the origin of new answers; its time, notes and host make no difference.
  ///   - needsAll: whether an answer that knows only the memory is too little.
  package func answer(
    _ configuration: Configuration, _ kind: EvidenceKind, _ provenance: Provenance, needsAll: Bool
  ) -> Known? {
    guard known.evidence else { return nil }
    let failed = EvidenceLine.text(configuration, kind, .init(reason: "", explanation: "", mayPass: false), provenance)
    guard var key = failed.withUnsafeBytes({ EvidenceLine($0) })?.key else { return nil }
    for isOfMemoryOnly in needsAll ? [false] : [false, true] {
      key.isOfMemoryOnly = isOfMemoryOnly
      guard let place = places[key] else { continue }
      if let failure = lines[place].line?.failure {
        guard known.failures, !failure.mayPass else { continue }
        return .failed("\(failure.reason): \(failure.explanation)")
      }
      if let result = try? reader.result(lines[place].text) { return .evidence(result) }
    }
    return nil
  }

  /// Adds a result.
  ///
  /// - Throws: `AnswerError` if it cannot be written.
  package func append(_ result: StepResult) throws(AnswerError) { try append(EvidenceLine.text(result)) }

  /// Adds a configuration that came to no answer.
  ///
  /// - Throws: `AnswerError` if it cannot be written.
  package func append(
    _ configuration: Configuration, _ kind: EvidenceKind, reason: String, _ explanation: String, mayPass: Bool,
    _ provenance: Provenance
  ) throws(AnswerError) {
    try append(
      EvidenceLine.text(
        configuration, kind, .init(reason: reason, explanation: explanation, mayPass: mayPass), provenance))
  }

  /// Writes the file with everything that is in it and renames it into place; the journals then go.
  ///
  /// - Returns: what is in it, for people.
  /// - Throws: `AnswerError` if it cannot be written; the journals then stay.
  package func close() throws -> String {
    // Another attempt at the same task may have ended meanwhile.
    try take(path)
    let texts = lines.map(\.text)
    try CompletedFile.write(path) { sink in
      var rows: [UInt8] = []
      for text in texts { rows += text + [UInt8(ascii: "\n")] }
      try rows.withUnsafeBytes { try sink.write($0) }
    }
    if descriptor >= 0 { Foundation.close(descriptor) }
    descriptor = -1
    for file in adopted + [journal] { unlink(file) }
    let failures = lines.count { $0.line?.failure != nil }
    return "\(path): \(counted(lines.count - failures, "result"))"
      + (failures > 0 ? ", \(grouped(failures)) failed" : "")
      + (added < lines.count ? ", \(grouped(added)) of them new" : "")
  }

  private func append(_ text: [UInt8]) throws(AnswerError) {
    if descriptor < 0 { descriptor = open(journal, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666) }
    var failure: OutputError?
    (text + [UInt8(ascii: "\n")]).withUnsafeBytes { bytes in
      do throws(OutputError) { try FileDescriptorSink(descriptor).write(bytes) } catch { failure = error }
    }
    var code = errno
    if case .failed(let found, _)? = failure { code = found }
    if descriptor < 0 || failure != nil || (fsync(descriptor) != 0 && errno != EINVAL) {
      throw AnswerError(.init(errno: code), "\(journal) cannot be written: \(String(cString: strerror(code)))")
    }
    insert(text, isNew: true)
    added += 1
  }

  /// Takes over the lines of a file; a last line that was cut off is left out, and reported.
  private func take(_ file: String) throws(AnswerError) {
    let data: Data
    do { data = try Data(contentsOf: URL(filePath: file)) } catch {
      if (error as? CocoaError)?.code == .fileReadNoSuchFile { return }
      throw AnswerError(.failure, "\(file) cannot be read: \(error.localizedDescription)")
    }
    let whole = data.lastIndex(of: UInt8(ascii: "\n")).map { data[...$0] } ?? Data()
    for text in whole.split(separator: UInt8(ascii: "\n")) { insert(Array(text), isNew: false) }
    let rest = Array(data.suffix(data.count - whole.count))
    guard !rest.isEmpty else { return }
    if rest.withUnsafeBytes({ EvidenceLine.read($0, &memory, reader) }) != nil {
      insert(rest, isNew: false)
    } else {
      remark("\(file): the last line was cut off, and is left out")
    }
  }

  /// Adds a line. An answer takes the place of a failure; of two that answer the same in the same way, the new one stays, or
  /// else the first.
  private func insert(_ text: [UInt8], isNew: Bool) {
    let line = text.withUnsafeBytes { EvidenceLine.read($0, &memory, reader) }
    guard let line else {
      if !lines.contains(where: { $0.text == text }) { lines.append((text, nil)) }
      return
    }
    // A failure is of no mode: an answer of either takes its place.
    var other = line.key
    other.isOfMemoryOnly.toggle()
    if line.failure == nil, let place = places[other], lines[place].line?.failure != nil {
      places[other] = nil
      places[line.key] = place
      lines[place] = (text, line)
      return
    }
    guard let place = places[line.key] else {
      places[line.key] = lines.count
      lines.append((text, line))
      return
    }
    if isNew || (lines[place].line?.failure != nil && line.failure == nil) { lines[place] = (text, line) }
  }
}
