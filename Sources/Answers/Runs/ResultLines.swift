import Catalog
import Evidence
import Reporting
import VisionTransformer
import WorkerProcess

/// Where results come from.
package enum ResultSource: Sendable {
  /// A file; `-` is standard input.
  case file(String)
  /// Bytes, and what errors call them.
  case bytes([UInt8], name: String)

  /// The path of the file, or what errors call the bytes.
  var name: String {
    switch self {
    case .file(let path): path
    case .bytes(_, let name): name
    }
  }
}

/// The results of an NDJSON or CSV file, line by line.
package struct ResultLines: ~Copyable {
  private var lines: LineReader
  private let reader: ConfigurationReader
  private var scanner = ResultScanner()
  private let stop: WorkerStopSignal
  /// Lines that were read ahead and are still to be handled, with the next one last.
  private var waiting: [(line: Int, text: [UInt8])] = []
  private var records: ResultRecords?
  private var isArray = false
  /// Number of configurations that came to no answer, whose lines are passed over.
  package private(set) var failures = 0
  /// Number of the line on which the last answer began.
  package private(set) var answered = 0
  /// Number of the line that was read last.
  private var line = 0

  /// Limit on the bytes of a record over several lines.
  private static let longestRecord = 1 << 16

  /// Opens a file and reads its first line.
  ///
  /// - Throws: `AnswerError` for a file that is neither form.
  package init(_ source: ResultSource, directory: some ShapeDirectory, stop: WorkerStopSignal) throws {
    var lines =
      switch source {
      case .file(let path): try LineReader(path: path, longestLine: LooseValue.longestJSON + 1, stop: stop)
      case .bytes(let bytes, let name):
        LineReader(bytes, name: name, longestLine: LooseValue.longestJSON + 1, stop: stop)
      }
    while let text = try lines.next(beforeWaiting: { try Self.check(stop, after: nil) }) {
      guard let start = Self.content(text) else { continue }
      if start == UInt8(ascii: "[") {
        // An array with one element on each line, as `--format json` writes it.
        isArray = true
        waiting = [(lines.line, Array(text.drop { $0 != start }.dropFirst()))]
        break
      }
      guard start != UInt8(ascii: "{") else {
        waiting = [(lines.line, text)]
        break
      }
      do {
        records = try ResultRecords(header: try CSVReader.fields(text), directory: directory)
      } catch {
        throw AnswerError(
          .badData,
          "\(source.name): line \(lines.line): neither NDJSON, which begins with {, nor the header of a CSV: \(error)")
      }
      break
    }
    self.lines = lines
    self.stop = stop
    reader = ConfigurationReader(directory: directory)
  }

  /// The next result, or the error of its line; nil at the end. Blank lines are skipped.
  ///
  /// - Throws: `Stopped` after a stop signal, `AnswerError` if reading fails.
  package mutating func next() throws -> Result<StepResult, LineError>? {
    try Self.check(stop, after: line)
    while var text = try take() {
      if isArray { text = Self.element(text) }
      guard Self.content(text) != nil else { continue }
      let number = line
      answered = number
      if let records { return try record(text, records).mapError { LineError(line: number, $0) } }
      do throws(ConfigurationError) {
        return .success(try scanner.result(text, reader))
      } catch {
        if EvidenceLine.isFailure(text) {
          failures += 1
          continue
        }
        let isTorn = error.key.isEmpty && !isArray && !lines.isWhole && number == lines.line
        return .failure(
          isTorn
            ? LineError(
              line: number, rule: "the file ends in the middle of this line: it was cut off, or is being written")
            : LineError(line: number, error))
      }
    }
    return nil
  }

  /// The result of a record that may continue on the next lines. If that fails (an unclosed quote), only its first line
  /// is at fault, and the others are read on their own.
  private mutating func record(
    _ first: [UInt8], _ records: ResultRecords
  ) throws -> Result<StepResult, ConfigurationError> {
    var text = first
    var borrowed: [(line: Int, text: [UInt8])] = []
    var isOpen = CSVReader.continues(text)
    while isOpen, text.count < Self.longestRecord, let more = try take() {
      borrowed.append((line, more))
      text += [0x0A] + more
      if CSVReader.continues(more) { isOpen = false }
    }
    let fields: [String?]
    do {
      fields = try CSVReader.fields(text)
    } catch {
      waiting.append(contentsOf: borrowed.reversed())
      return .failure(ConfigurationError(key: "", value: "this record", rule: "is not CSV: \(error)"))
    }
    return Result { () throws(ConfigurationError) in try records.result(fields) }
  }

  private mutating func take() throws -> [UInt8]? {
    if !waiting.isEmpty {
      let next = waiting.removeLast()
      line = next.line
      return next.text
    }
    guard let text = try lines.next(beforeWaiting: { [stop] in try Self.check(stop, after: nil) }) else { return nil }
    line = lines.line
    return text
  }

  private static func check(_ stop: WorkerStopSignal, after line: Int?) throws {
    if stop.isRequested() {
      throw Stopped(progress: line.map { counted($0, "line") } ?? "waiting for more lines")
    }
  }

  /// A line of an array without the separators and brackets around its element.
  private static func element(_ line: [UInt8]) -> [UInt8] {
    var line = line[...]
    while let last = line.last, [0x20, 0x09, 0x0D, UInt8(ascii: ","), UInt8(ascii: "]")].contains(last) {
      line.removeLast()
    }
    return Array(line)
  }

  /// The first byte that is neither blank nor part of a byte order mark; nil for a blank line.
  private static func content(_ line: [UInt8]) -> UInt8? {
    let text = line.starts(with: [0xEF, 0xBB, 0xBF]) ? line[3...] : line[...]
    return text.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }
  }
}
